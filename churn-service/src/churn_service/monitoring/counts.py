"""Counts of served customers in the bins of a reference; counts of replicas add up."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import log, log1p
from typing import Any

import msgspec

from churn_contract.prediction import Prediction
from churn_contract.validation import Customer
from churn_service.artefact.reference import BinnedField, Reference
from churn_service.column_customers import ColumnCustomers, ColumnPredictions

SCORE_CELLS = 200

_MANY = 64  # from here on it pays to look at the column as a whole, in C
_FEW_LEVELS = 12  # up to here a count per level is faster than a look at every value
AddColumn = Callable[[list[int], Sequence[Any]], None]


class DifferentModelsError(ValueError):
    """Counts of two model versions are not comparable; their bins differ."""


class ScoreSums(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the expected performance needs of the scores, as sums.

    `customers` and `chances` hold, for each of 200 equal cells of the
    probability, how many scores fell into it and their sum.
    """

    customers: list[int] = msgspec.field(default_factory=lambda: [0] * SCORE_CELLS)
    chances: list[float] = msgspec.field(default_factory=lambda: [0.0] * SCORE_CELLS)
    brier: float = 0.0
    log_loss: float = 0.0

    def add_scores(self, scores: Sequence[float]) -> None:
        """Count these probabilities."""
        customers, chances = self.customers, self.chances
        brier = log_loss = 0.0
        for chance in scores:
            cell = int(chance * SCORE_CELLS) if chance < 1 else SCORE_CELLS - 1
            customers[cell] += 1
            chances[cell] += chance
            rest = 1.0 - chance
            brier += chance * rest
            if 0 < chance < 1:
                log_loss -= chance * log(chance) + rest * log1p(-chance)
        self.brier += brier
        self.log_loss += log_loss

    def add(self, other: "ScoreSums") -> None:
        """Add the sums of another window or replica."""
        self.customers = [a + b for a, b in zip(self.customers, other.customers, strict=True)]
        self.chances = [a + b for a, b in zip(self.chances, other.chances, strict=True)]
        self.brier += other.brier
        self.log_loss += other.log_loss


class ServedCounts(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Customers served by one version, counted in the bins of its reference.

    `bins` has one list per feature and one for the score, in their order.
    """

    model_version: str
    bins: list[list[int]]
    scores: ScoreSums = msgspec.field(default_factory=ScoreSums)
    rows: int = 0

    def add(self, other: "ServedCounts") -> None:
        """Add the counts of another window or replica of the same version."""
        if other.model_version != self.model_version:
            raise DifferentModelsError(
                f"counts of {other.model_version} cannot be added to those of "
                f"{self.model_version}: each version has bins of its own"
            )
        self.rows += other.rows
        self.bins = [
            [a + b for a, b in zip(ours, theirs, strict=True)]
            for ours, theirs in zip(self.bins, other.bins, strict=True)
        ]
        self.scores.add(other.scores)


class BinCounter:
    """Counts customers in the bins of one version's reference."""

    def __init__(self, model_version: str, reference: Reference) -> None:
        self.model_version = model_version
        self.reference = reference
        self._columns = [_column_adder(binned) for binned in reference.tests]

    def empty(self) -> ServedCounts:
        """Return counts of nobody."""
        bins = [[0] * len(binned.counts) for binned in self.reference.tests]
        return ServedCounts(model_version=self.model_version, bins=bins)

    def add(
        self,
        counts: ServedCounts,
        customers: Sequence[Customer],
        predictions: Sequence[Prediction],
    ) -> None:
        """Add these customers and their scores to counts of this version."""
        if isinstance(customers, ColumnCustomers) and isinstance(predictions, ColumnPredictions):
            counts.add(self._of_columns(customers, predictions))
            return
        scores = [prediction.churn_probability for prediction in predictions]
        columns = (*zip(*(customer.values for customer in customers), strict=True), scores)
        for add_column, bins, column in zip(self._columns, counts.bins, columns, strict=False):
            add_column(bins, column)
        counts.rows += len(customers)
        counts.scores.add_scores(scores)

    def _of_columns(
        self, customers: ColumnCustomers, predictions: ColumnPredictions
    ) -> ServedCounts:
        *edges, score_edges = (binned.edges for binned in self.reference.tests)
        return ServedCounts(
            model_version=self.model_version,
            bins=[*customers.bins(edges), predictions.bins(score_edges)],
            scores=ScoreSums(**predictions.sums(SCORE_CELLS)._asdict()),
            rows=len(customers),
        )


def _column_adder(binned: BinnedField) -> AddColumn:
    return _number_adder(binned) if binned.edges else _level_adder(binned)


def _number_adder(binned: BinnedField) -> AddColumn:
    edges = binned.edges

    def add_column(bins: list[int], column: Sequence[Any]) -> None:
        if len(column) < _MANY:
            for value in column:
                bins[-1 if value is None else bisect_right(edges, value)] += 1
            return
        present = sorted([value for value in column if value is not None])
        bins[-1] += len(column) - len(present)
        ends = [*(bisect_left(present, edge) for edge in edges), len(present)]
        for place, (start, end) in enumerate(pairwise((0, *ends))):
            bins[place] += end - start

    return add_column


def _level_adder(binned: BinnedField) -> AddColumn:
    unseen = len(binned.counts) - 2
    places: dict[Any, int] = {level: index for index, level in enumerate(binned.levels)}
    places[None] = len(binned.counts) - 1

    def add_column(bins: list[int], column: Sequence[Any]) -> None:
        if len(column) < _MANY or len(distinct := set(column)) > _FEW_LEVELS:
            for value in column:
                bins[places.get(value, unseen)] += 1
            return
        for value in distinct:
            bins[places.get(value, unseen)] += column.count(value)

    return add_column
