"""What every family of models offers to training, and what it learns from."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import Scorer
from churn_service.training.dataset import Labels, Matrix, Rows, Weights

Floats = NDArray[np.float64]
Facts = dict[str, float | int | str]
SEED = 42


@dataclass(frozen=True)
class Sample:
    """Customers to learn from.

    Attributes:
        schema: The schema whose features the matrix holds.
        matrix: One row per customer, see `to_matrix`.
        churned: 1 for those who left.
        weights: How many customers each row stands for.
        monotonic: By feature name, 1 or -1: the risk never falls or never
            rises with the number.
    """

    schema: CustomerSchema
    matrix: Matrix
    churned: Labels
    weights: Weights
    monotonic: dict[str, int]

    def take(self, rows: Rows) -> "Sample":
        """Return the sample of these rows."""
        return replace(
            self,
            matrix=self.matrix[rows],
            churned=self.churned[rows],
            weights=self.weights[rows],
        )

    def at_most(self, rows: int) -> "Sample":
        """Return this sample, or as many of its rows, drawn with a fixed seed."""
        if len(self.churned) <= rows:
            return self
        random = np.random.default_rng(SEED)
        return self.take(np.sort(random.choice(len(self.churned), rows, replace=False)))


@dataclass(frozen=True)
class Tuned:
    """The settings with the lowest inner log loss, and the loss of each choice."""

    settings: dict[str, float]
    losses: dict[str, float]


class FamilyFit(Protocol):
    """A fitted model of any family."""

    def logits(self, matrix: Matrix) -> Floats:
        """Return the raw score of each row."""
        ...

    def compile(self, schema: CustomerSchema, matrix: Matrix) -> Scorer:
        """Return the tables that score as this model does.

        `schema` has the training ranges, `matrix` the rows that the means of
        the reasons are taken over.
        """
        ...

    def facts(self) -> Facts:
        """Return sizes and proofs of the fit, by name, for reports."""
        ...


class Family(Protocol):
    """A kind of model: how its settings are chosen and how it is fitted."""

    def tune(self, sample: Sample) -> Tuned:
        """Choose the settings by inner folds of the sample."""
        ...

    def fit(self, sample: Sample, tuned: Tuned) -> FamilyFit:
        """Fit with these settings; raise FitError unless it converged."""
        ...
