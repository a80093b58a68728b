"""A scikit-learn pipeline over a data frame, as model servers document it."""

import pandas as pd
from pipeline import table
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def fit() -> tuple[Pipeline, pd.DataFrame]:
    """Return the fitted pipeline and the frame it was fitted on."""
    customers, churned = table()
    frame = pd.DataFrame(customers)
    frame["seniorcitizen"] = frame["seniorcitizen"].map({0.0: "0", 1.0: "1"})  # as clients send
    numbers = make_column_selector(dtype_include="number")
    words = make_column_selector(dtype_exclude="number")
    columns = make_column_transformer(
        (StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), words)
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(frame, churned), frame
