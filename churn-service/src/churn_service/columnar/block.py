"""Checked customers as columns, and what one version says of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_service.columnar.exact import Floats

Codes = NDArray[np.integer]
Places = NDArray[np.intp]

_FEW = 8


@dataclass(frozen=True)
class LevelColumn:
    """A category or boolean.

    Attributes:
        codes: Place in `entries` of every row.
        entries: Place of each entry's level among the field's levels; behind the last
            level stand first the unseen ones, then the missing ones.
        levels: How many levels the field has.
        counts: How many rows each entry has, when that is known.
    """

    codes: Codes
    entries: Places
    levels: int
    counts: Places | None = None

    def part(self, rows: slice | NDArray[np.bool_]) -> "LevelColumn":
        """Return some of the rows."""
        return LevelColumn(self.codes[rows], self.entries, self.levels)

    @cached_property
    def by_entry(self) -> Places:
        """How many rows each entry has."""
        return counts_of(self.codes, len(self.entries)) if self.counts is None else self.counts


def counts_of(codes: Codes, size: int) -> Places:
    """Count every code below `size`; for few of them faster than `numpy.bincount`."""
    if size > _FEW:
        return np.bincount(codes, minlength=size)
    return np.array([np.count_nonzero(codes == code) for code in range(size)], dtype=np.intp)


class NumberColumn(NamedTuple):
    """A number; NaN where it is missing, which a body cannot say in another way."""

    numbers: Floats

    def part(self, rows: slice | NDArray[np.bool_]) -> "NumberColumn":
        """Return some of the rows."""
        return NumberColumn(self.numbers[rows])


Column = LevelColumn | NumberColumn


class Block(NamedTuple):
    """Customers without a fault: one column per feature of the schema, in its order."""

    rows: int
    columns: tuple[Column, ...]

    def part(self, rows: slice | NDArray[np.bool_]) -> "Block":
        """Return some of the rows."""
        columns = tuple(column.part(rows) for column in self.columns)
        if isinstance(rows, slice):
            count = len(range(*rows.indices(self.rows)))
        else:
            count = int(np.count_nonzero(rows))
        return Block(count, columns)

    def parts(self, size: int) -> Iterator[tuple[slice, "Block"]]:
        """Yield pieces of at most `size` rows and where they lie."""
        for start in range(0, self.rows, size):
            rows = slice(start, min(start + size, self.rows))
            yield rows, self.part(rows)


class Scores(NamedTuple):
    """What one version says of a block: one entry per row.

    Attributes:
        chances: `churn_probability`.
        churn: Whether it reaches the threshold.
        low: Lower end of the interval; None when the version has no intervals.
        high: Upper end.
    """

    chances: Floats
    churn: NDArray[np.bool_]
    low: Floats | None = None
    high: Floats | None = None
