"""Customers that are held as columns; who scores or counts many asks them to do it at once.

This module needs no numpy; the classes behind it are in `churn_service.columnar`.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from churn_contract.prediction import Prediction
from churn_contract.validation import Customer
from churn_service.artefact.document import ModelDocument


class OddValues(NamedTuple):
    """How many values of one feature are missing, and how many levels training never saw."""

    missing: int
    unseen: int


class CellSums(NamedTuple):
    """Sums over probabilities, as `monitoring.counts.ScoreSums` describes them."""

    customers: list[int]
    chances: list[float]
    brier: float
    log_loss: float


class ColumnCustomers(Sequence[Customer]):
    """A sequence of customers that also works as a whole, with the same results."""

    @abstractmethod
    def scored_by(self, version: str, document: ModelDocument) -> "ColumnPredictions":
        """Return one prediction per customer, in their order."""

    @abstractmethod
    def odd_values(self) -> list[OddValues]:
        """Count the odd values of each feature, in the order of the schema."""

    @abstractmethod
    def bins(self, edges: Sequence[Sequence[float]]) -> list[list[int]]:
        """Count each feature in the bins of a reference, see `artefact.reference`.

        Args:
            edges: Of the bins, per feature; none for a feature with levels.
        """


class ColumnPredictions(Sequence[Prediction]):
    """Predictions that are held as columns."""

    @abstractmethod
    def churning(self) -> int:
        """Count those that reach the threshold."""

    @abstractmethod
    def bins(self, edges: Sequence[float]) -> list[int]:
        """Count the probabilities in the bins of a reference, see `artefact.reference`."""

    @abstractmethod
    def sums(self, cells: int) -> CellSums:
        """Sum the probabilities up, in so many equal cells."""
