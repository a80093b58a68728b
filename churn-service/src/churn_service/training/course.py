"""The recipe that machine-learning courses teach, to stand beside ours."""

from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.dataset import Labels, Matrix
from churn_service.training.pipeline import Floats


def course_probabilities(
    schema: CustomerSchema, learned: Matrix, churned: Labels, judged: Matrix
) -> Floats:
    """Fit DictVectorizer and liblinear with C = 1 on raw values; score others.

    Numbers, 0/1 columns among them, go in unscaled, missing ones as zero.
    """
    vectorizer = DictVectorizer(sparse=False)
    model = LogisticRegression(solver="liblinear", C=1.0, random_state=1)
    model.fit(vectorizer.fit_transform(_records(schema, learned)), churned)
    found: Floats = model.predict_proba(vectorizer.transform(_records(schema, judged)))[:, 1]
    return found


def _records(schema: CustomerSchema, matrix: Matrix) -> list[dict[str, Any]]:
    return [
        {
            field.name: _course_value(field, value)
            for field, value in zip(schema.features, row, strict=True)
        }
        for row in matrix
    ]


def _course_value(field: Field, value: float | str) -> float | str:
    if field.kind == "number":
        return 0.0 if value != value else float(value)  # noqa: PLR0124 - NaN differs from itself
    if field.levels == ("0", "1"):
        return float(value or 0)
    return value
