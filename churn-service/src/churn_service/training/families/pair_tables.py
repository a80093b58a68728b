"""Fit a scorecard together with tables for a few pairs of its fields."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array  # type: ignore[import-untyped]  # ships no types
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types

from churn_service.artefact.pairs import Axis, PairTerm
from churn_service.training.dataset import Matrix
from churn_service.training.families.family import Sample
from churn_service.training.features import feature_signs
from churn_service.training.logistic import (
    GRADIENT_LIMIT,
    Logistic,
    Problem,
    check_convergence,
    fit_logistic,
)
from churn_service.training.pair_cells import (
    Cells,
    axis_size,
    cells_of,
    coarse_axis,
    fine_axes,
)
from churn_service.training.pipeline import Fit
from churn_service.training.screening import Left, Pair, possible_pairs

BLOCKS = (1, 2, 4, 8)
CONSIDERED = 40

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairTable:
    """The fitted weights of two fields together.

    Attributes:
        places: The places of the fields among the features.
        axes: Their cells.
        table: One row per cell of the first field.
    """

    places: Pair
    axes: tuple[Axis, Axis]
    table: Floats

    def cells(self, matrix: Matrix) -> tuple[Cells, Cells]:
        """Return the cell of each row in both fields."""
        (one, two), (first, second) = self.places, self.axes
        return cells_of(first, matrix[:, one]), cells_of(second, matrix[:, two])

    def logits(self, matrix: Matrix) -> Floats:
        """Return the contribution of each row."""
        found: Floats = self.table[self.cells(matrix)]
        return found

    def term(self, names: Sequence[str], matrix: Matrix) -> PairTerm:
        """Return the table as data; `matrix` holds the rows of its mean."""
        first, second = self.places
        return PairTerm(
            fields=(names[first], names[second]),
            axes=self.axes,
            table=tuple(tuple(float(cell) + 0.0 for cell in row) for row in self.table),
            mean=float(self.logits(matrix).mean()) + 0.0,
        )


@dataclass(frozen=True, eq=False)
class Widened:
    """A design: the features of the scorecard, and one mark per cell of each pair."""

    matrix: Floats
    marks: Any

    def times(self, coefficients: Floats) -> Floats:
        """Return the sum of each row's features by their coefficients."""
        width = self.matrix.shape[1]
        found: Floats = self.matrix @ coefficients[:width] + self.marks @ coefficients[width:]
        return found

    def totals(self, numbers: Floats) -> Floats:
        """Return the sum of each feature over the rows, times a number per row."""
        return np.concatenate([self.matrix.T @ numbers, self.marks.T @ numbers])

    def products(self, weights: Floats) -> Floats:
        """Return the weighted products of all features with each other."""
        weighted = self.matrix * weights[:, None]
        across = self.marks.T @ weighted
        inside = (self.marks.T @ self.marks.multiply(weights[:, None]).tocsr()).toarray()
        return np.block([[weighted.T @ self.matrix, across.T], [across, inside]])


class Start:
    """A fitted scorecard and its customers, from where pairs are searched.

    Args:
        sample: The customers.
        fit: The scorecard, fitted on them.
        c: Its penalty.
    """

    def __init__(self, sample: Sample, fit: Fit, c: float) -> None:
        self._sample, self._fit, self._c = sample, fit, c
        self._learned = fit.features.transform(sample.matrix)
        self._axes = fine_axes(sample.schema, sample.matrix)
        self._cells = [
            cells_of(axis, sample.matrix[:, place]) for place, axis in enumerate(self._axes)
        ]
        left = self._left(fit.logits(sample.matrix))
        self._first = left
        self._ranked = left.ranked(possible_pairs(self._free_fields(), left))[:CONSIDERED]

    def grow(self, counts: Sequence[int], pair_c: float) -> Iterator[tuple[Fit, list[PairTable]]]:
        """Yield the fit with so many pairs, for ascending counts.

        Each block of pairs is taken by what the fit before leaves over, of the 40
        that ranked first at the start; then all weights are fitted anew. A
        monotonic field is never paired.
        """
        model, left, tables = self._fit.model, self._first, list[PairTable]()
        for count in counts:
            known = {table.places for table in tables}
            ranked = left.ranked(pair for pair in self._ranked if pair not in known)
            tables += [self._table(pair, left) for pair in ranked[: count - len(tables)]]
            design = Widened(self._learned, _marks(tables, self._sample.matrix))
            model = self._fitted(design, model, pair_c)
            left = self._left(design.times(model.coefficients) + model.intercept)
            yield _parted(self._fit, model, tables)

    def _free_fields(self) -> list[int]:
        features = self._sample.schema.features
        return [
            place
            for place, field in enumerate(features)
            if field.name not in self._sample.monotonic
        ]

    def _left(self, logits: Floats) -> Left:
        chances, weights = expit(logits), self._sample.weights
        return Left(
            axes=self._axes,
            cells=self._cells,
            residuals=weights * (self._sample.churned - chances),
            spread=weights * chances * (1 - chances),
        )

    def _table(self, pair: Pair, left: Left) -> PairTable:
        first, second = (
            coarse_axis(self._axes[place], cuts)
            for place, cuts in zip(pair, left.cuts(pair), strict=True)
        )
        return PairTable(pair, (first, second), np.zeros((axis_size(first), axis_size(second))))

    def _fitted(self, design: Widened, before: Logistic, pair_c: float) -> Logistic:
        width, more = design.matrix.shape[1], design.marks.shape[1]
        signs = np.zeros(width + more, dtype=np.int64)
        signs[:width] = feature_signs(self._fit.features, width)
        penalty = np.concatenate([np.full(width, 1 / self._c), np.full(more, 1 / pair_c)])
        start = np.zeros(width + more + 1)
        start[: len(before.coefficients)], start[-1] = before.coefficients, before.intercept
        sample = self._sample
        return fit_logistic(Problem(design, sample.churned, sample.weights, penalty, signs), start)


def blocks_to(count: int) -> list[int]:
    """Return the counts on the way to this one."""
    return [*(some for some in BLOCKS if some < count), count]


def fit_pairs(start: Start, count: int, pair_c: float) -> tuple[Fit, list[PairTable]]:
    """Return the scorecard with its best `count` pairs, to proven convergence.

    Raises:
        FitError: When the gradient is above 1e-8.
    """
    *_, (fit, tables) = start.grow(blocks_to(count), pair_c)
    check_convergence(fit.model, GRADIENT_LIMIT)
    return fit, tables


def _marks(tables: Sequence[PairTable], matrix: Matrix) -> Any:
    """Return one column per cell of every pair, with a one where a row falls into it."""
    places, width = np.empty((len(matrix), len(tables)), dtype=np.intp), 0
    for number, table in enumerate(tables):
        first, second = table.cells(matrix)
        places[:, number] = width + first * table.table.shape[1] + second
        width += table.table.size
    ends = np.arange(len(matrix) + 1) * len(tables)
    return csr_array((np.ones(places.size), places.ravel(), ends), shape=(len(matrix), width))


def _parted(fit: Fit, model: Logistic, tables: list[PairTable]) -> tuple[Fit, list[PairTable]]:
    """Return the weights of the scorecard and those of each table apart."""
    sizes = [table.table.size for table in tables]
    width = len(model.coefficients) - sum(sizes)
    parts = np.split(model.coefficients[width:], np.cumsum(sizes)[:-1])
    filled = [
        replace(table, table=part.reshape(table.table.shape))
        for table, part in zip(tables, parts, strict=False)
    ]
    return Fit(fit.features, replace(model, coefficients=model.coefficients[:width])), filled
