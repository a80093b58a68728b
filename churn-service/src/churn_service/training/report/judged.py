"""The customers of the test part, with what the model that will serve says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer, Validator
from churn_service.predictor import Predictor
from churn_service.training.dataset import Labels, Matrix, Rows, Weights, to_matrix
from churn_service.training.trained import TrainedModel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MOST_ROWS = 50_000
_SEED = 42


@dataclass(frozen=True)
class Judged:
    """Customers that the model never learned from, and its word on each.

    Attributes:
        predictor: The model, loaded as the service loads it.
        customers: The customers, in the order of the file.
        matrix: Their values, one column per feature.
        churned: Who left.
        probability: The served churn probability.
        weights: How many customers each row stands for.
        tested: Number of customers of the whole test part.
    """

    predictor: Predictor
    customers: tuple[Customer, ...]
    matrix: Matrix
    churned: Labels
    probability: Floats
    weights: Weights
    tested: int

    @property
    def schema(self) -> CustomerSchema:
        """The fields that the model reads."""
        return self.predictor.schema

    @property
    def selected(self) -> Flags:
        """Who is called a churner at the model's threshold."""
        return self.probability >= self.predictor.threshold


def judge_test_part(model: TrainedModel) -> Judged:
    """Score the test part with the document that goes into the artefact.

    A test part of more than 50,000 customers is represented by as many of them,
    the same ones in every training.
    """
    schema = model.document.schema
    predictor = Predictor("", model.document, Validator(schema))
    rows = _at_most(model.split.test, MOST_ROWS)
    customers = tuple(model.dataset.customers[row] for row in rows)
    said = [prediction.churn_probability for prediction in predictor.predict(customers)]
    return Judged(
        predictor=predictor,
        customers=customers,
        matrix=to_matrix(schema, customers),
        churned=model.dataset.churned[rows],
        probability=np.array(said),
        weights=model.dataset.weights[rows],
        tested=len(model.split.test),
    )


def _at_most(rows: Rows, most: int) -> Rows:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(_SEED).choice(rows, most, replace=False))


def title(field: Field) -> str:
    """Return the name of a field as people know it."""
    return field.label or field.raw or field.name


def level_title(field: Field, level: str) -> str:
    """Return a level as the file spells it."""
    if not level:
        return "missing"
    if level in field.levels and field.raw_levels:
        return field.raw_levels[field.levels.index(level)]
    return level
