"""Find the pairs of fields that explain most of what a scorecard leaves over.

The idea of FAST (Lou and others, 2013): for every pair of fields the best table
of four cells is found from sums over a fine grid, without another pass over the
customers. Tables of the pairs that are taken get a few more cuts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from churn_service.artefact.pairs import Axis, NumberAxis
from churn_service.training.pair_cells import Cells, axis_size

MOST_FIELDS = 64
MOST_CUTS = 3
SHRINKAGE = 10.0
LEAST_GAIN = 4.0

Floats = NDArray[np.float64]
Pair = tuple[int, int]
Cuts = tuple[list[int], list[int]]


@dataclass(frozen=True, eq=False)
class Grid:
    """What customers leave over, summed over the fine cells of two fields.

    Attributes:
        pulls: Sum of churned less probability.
        sizes: Sum of probability x (1 - probability).
        ordered: Per field the number of its cells that have an order.
    """

    pulls: Floats
    sizes: Floats
    ordered: tuple[int, int]

    def gain(self, cuts: Cuts) -> float:
        """Return the log loss that a table with these cuts saves.

        One Newton step of every cell, shrunk towards zero, less what noise alone
        would seem to save.
        """
        return float(_gains(self._merged(self.pulls, cuts), self._merged(self.sizes, cuts)).sum())

    def best_quarters(self) -> tuple[float, Cuts]:
        """Return the best table with one cut of each number, and what it saves."""
        first, second = (
            _splits(ordered, size)
            for ordered, size in zip(self.ordered, self.pulls.shape, strict=True)
        )
        pulls, sizes = (
            np.tensordot(np.tensordot(first, part, 1), second, (2, 2))
            for part in (self.pulls, self.sizes)
        )
        total = _gains(pulls, sizes).sum(axis=(1, 3))
        one, two = np.unravel_index(int(total.argmax()), total.shape)
        cuts = ([int(one) + 1] * (self.ordered[0] > 1), [int(two) + 1] * (self.ordered[1] > 1))
        return self.gain(cuts), cuts

    def refined(self, cuts: Cuts) -> Cuts:
        """Return these cuts and up to two more of each number, while they save much."""
        gain = self.gain(cuts)
        while tries := list(self._one_more(cuts)):
            best = max(tries, key=self.gain)
            if self.gain(best) < gain + LEAST_GAIN:
                break
            cuts, gain = best, self.gain(best)
        return cuts

    def _one_more(self, cuts: Cuts) -> Iterator[Cuts]:
        first, second = cuts
        yield from ((more, second) for more in _one_added(first, self.ordered[0]))
        yield from ((first, more) for more in _one_added(second, self.ordered[1]))

    def _merged(self, sums: Floats, cuts: Cuts) -> Floats:
        """Return the sums over the cells of a table with these cuts."""
        for axis, known in enumerate(cuts):
            ordered, size = self.ordered[axis], sums.shape[axis]
            starts = [0, *known, *range(ordered, size)] if ordered else list(range(size))
            sums = np.add.reduceat(sums, starts, axis=axis)
        return sums


@dataclass(frozen=True, eq=False)
class Left:
    """What a scorecard leaves over, customer by customer.

    Attributes:
        axes: Per field its fine cells.
        cells: Per field the fine cell of every customer.
        residuals: Churned less probability, times the weight of the customer.
        spread: Probability x (1 - probability), times the weight.
    """

    axes: Sequence[Axis]
    cells: Sequence[Cells]
    residuals: Floats
    spread: Floats

    def grid(self, pair: Pair) -> Grid:
        """Return the sums over the fine cells of two fields."""
        one, two = pair
        shape = axis_size(self.axes[one]), axis_size(self.axes[two])
        places = self.cells[one] * shape[1] + self.cells[two]
        pulls, sizes = (
            _summed(places, part, shape[0] * shape[1]).reshape(shape)
            for part in (self.residuals, self.spread)
        )
        return Grid(pulls, sizes, (_ordered(self.axes[one]), _ordered(self.axes[two])))

    def alone(self, field: int) -> float:
        """Return what the fine cells of one field would save."""
        size = axis_size(self.axes[field])
        pulls, sizes = (
            _summed(self.cells[field], part, size) for part in (self.residuals, self.spread)
        )
        return float(_gains(pulls, sizes).sum())

    def ranked(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Return those of these pairs that save anything, the best first."""
        gains = {pair: self.grid(pair).best_quarters()[0] for pair in pairs}
        useful = [pair for pair, gain in gains.items() if gain > 0]
        return sorted(useful, key=lambda pair: (-gains[pair], pair))

    def cuts(self, pair: Pair) -> Cuts:
        """Return the cuts of the table that these two fields get."""
        grid = self.grid(pair)
        return grid.refined(grid.best_quarters()[1])


def possible_pairs(fields: Sequence[int], left: Left) -> list[Pair]:
    """Return all pairs of these fields.

    Of more than 64 fields those are taken whose own cells still pull most.
    """
    if len(fields) > MOST_FIELDS:
        alone = {field: left.alone(field) for field in fields}
        fields = sorted(sorted(fields, key=lambda field: -alone[field])[:MOST_FIELDS])
    return list(combinations(fields, 2))


def _gains(pulls: Floats, sizes: Floats) -> Floats:
    found: Floats = 0.5 * (pulls**2 - sizes) / (sizes + SHRINKAGE)
    return found


def _ordered(axis: Axis) -> int:
    return len(axis.edges) + 1 if isinstance(axis, NumberAxis) else 0


def _one_added(cuts: list[int], ordered: int) -> Iterator[list[int]]:
    if len(cuts) < MOST_CUTS:
        yield from (sorted([*cuts, cut]) for cut in range(1, ordered) if cut not in cuts)


def _summed(cells: Cells, numbers: Floats, size: int) -> Floats:
    return np.bincount(cells, numbers, minlength=size).astype(np.float64)


def _splits(ordered: int, size: int) -> Floats:
    """Return, by cut, the fine cells of each side; those without an order alone."""
    alone = np.eye(size)
    if ordered <= 1:
        return alone[None]
    rest = np.broadcast_to(alone[ordered:], (ordered - 1, size - ordered, size))
    low = np.tri(ordered - 1, size)
    high = (np.arange(size) < ordered) - low
    return np.concatenate([low[:, None], high[:, None], rest], axis=1)
