"""Small references and customers whose counts can be done by hand."""

from collections.abc import Callable, Sequence

import pytest

from churn_contract.prediction import Prediction
from churn_contract.validation import Customer
from churn_service.artefact.reference import SCORE, BinnedField, Reference

Answer = tuple[list[Customer], list[Prediction]]


@pytest.fixture
def reference() -> Reference:
    """A plan of two levels, an age from 20 to 60, and scores in two halves."""
    plan = BinnedField(field="plan", levels=("basic", "plus"), counts=(600, 400, 0, 0))
    age = BinnedField(field="age", edges=(20.0, 40.0, 60.0), counts=(0, 500, 450, 0, 50))
    score = BinnedField(field=SCORE, edges=(0.0, 0.5, 1.1), counts=(0, 700, 300, 0, 0))
    return Reference(fields=(plan, age), score=score)


@pytest.fixture
def answer() -> Callable[..., Answer]:
    """Give a function that makes customers of (plan, age, score) rows."""

    def make(rows: Sequence[tuple[str | None, float | None, float]], version: str = "v1") -> Answer:
        customers = [Customer(None, (plan, age)) for plan, age, _ in rows]
        predictions = [
            Prediction(
                churn_probability=score, churn=score >= 0.5, model_version=version, threshold=0.5
            )
            for _, _, score in rows
        ]
        return customers, predictions

    return make
