"""The service of the courses: a pickled DictVectorizer and model behind Flask and gunicorn."""

import pickle
from pathlib import Path

from become import become, port
from pipeline import table
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

SERVICE = """
import pickle

from flask import Flask, jsonify, request

with open("model.bin", "rb") as file:
    dv, model = pickle.load(file)

app = Flask("churn")


@app.route("/predict", methods=["POST"])
def predict():
    customer = request.get_json()
    y_pred = model.predict_proba(dv.transform([customer]))[0, 1]
    return jsonify({"churn_probability": float(y_pred), "churn": bool(y_pred >= 0.5)})
"""


def main() -> None:
    """Train, write the files, then become the server."""
    customers, churned = table()
    vectorizer = DictVectorizer(sparse=False)
    design = vectorizer.fit_transform(customers)
    model = LogisticRegression(C=1.0, solver="liblinear").fit(design, churned)
    Path("model.bin").write_bytes(pickle.dumps((vectorizer, model)))
    Path("predict.py").write_text(SERVICE)
    options = ["--workers", "1", "--threads", "4", "--access-logfile", "-"]
    become("gunicorn", *options, "--bind", f"127.0.0.1:{port()}", "predict:app")


if __name__ == "__main__":
    main()
