"""Counts of a column for telemetry and for the watch over drift."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from churn_service.column_customers import OddValues
from churn_service.columnar.bins import Bins
from churn_service.columnar.block import Column, LevelColumn, Places
from churn_service.columnar.exact import parts_of


def counted(column: Column, edges: Sequence[float]) -> list[int]:
    """Count per level, then unseen and missing; or per bin of a number, then missing."""
    return list(map(int, _counts(column, edges)))


def _counts(column: Column, edges: Sequence[float]) -> Places:
    if isinstance(column, LevelColumn):
        return _by_level(column)
    bins = _bins(tuple(edges))
    counts = np.zeros(len(edges) + 2, dtype=np.intp)
    for some in parts_of(column.numbers):
        counts += np.bincount(bins.places(some), minlength=len(counts))
    missing = int(np.count_nonzero(np.isnan(column.numbers)))
    counts[0] -= missing  # no edge is below a missing number
    counts[-1] = missing
    return counts


@lru_cache(maxsize=256)
def _bins(edges: tuple[float, ...]) -> Bins:
    return Bins(edges)


def odd_values(column: Column) -> OddValues:
    """Count the missing and the unseen values."""
    if isinstance(column, LevelColumn):
        *_, unseen, missing = _by_level(column).tolist()
        return OddValues(missing, unseen)
    return OddValues(int(np.count_nonzero(np.isnan(column.numbers))), 0)


def _by_level(column: LevelColumn) -> Places:
    found = np.zeros(column.levels + 2, dtype=np.intp)
    np.add.at(found, column.entries, column.by_entry)
    return found
