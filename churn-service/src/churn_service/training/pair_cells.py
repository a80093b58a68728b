"""The cells of a field in a pair: ranges of a number, levels, missing, unseen."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.pairs import Axis, LevelAxis, NumberAxis, axis_cells
from churn_service.training.dataset import Matrix

FINE_CELLS = 64
MOST_LEVELS = 8

Cells = NDArray[np.intp]


def fine_axes(schema: CustomerSchema, matrix: Matrix) -> list[Axis]:
    """Return the cells of every feature, in the order of the schema.

    Numbers are cut between all values, or at 63 quantiles when there are more; a
    pair takes a few of these cuts. Of many levels the seven most frequent have
    cells of their own and the others share one.
    """
    return [
        _number_axis(field, matrix[:, index])
        if field.kind == "number"
        else _level_axis(field, matrix[:, index])
        for index, field in enumerate(schema.features)
    ]


def coarse_axis(axis: Axis, cuts: Sequence[int]) -> Axis:
    """Return the axis of a number with these edges alone; levels stay as they are.

    `cuts` counts the cells below each edge that is kept, in ascending order.
    """
    if isinstance(axis, LevelAxis):
        return axis
    missing = None if axis.missing is None else len(cuts) + 1
    return NumberAxis(edges=tuple(axis.edges[cut - 1] for cut in cuts), missing=missing)


def axis_size(axis: Axis) -> int:
    """Return the number of cells."""
    return max(axis_cells(axis)) + 1


def cells_of(axis: Axis, column: Matrix) -> Cells:
    """Return the cell of every value, just as the served tables find it."""
    if isinstance(axis, NumberAxis):
        numbers = column.astype(np.float64)
        found = np.searchsorted(np.array(axis.edges), numbers, side="right")
        return found if axis.missing is None else np.where(np.isnan(numbers), axis.missing, found)
    known = dict(axis.cells)
    if axis.missing is not None:
        known[""] = axis.missing
    if axis.other is None:
        return np.array([known[level] for level in column], dtype=np.intp)
    return np.array([known.get(level, axis.other) for level in column], dtype=np.intp)


def cell_names(axis: Axis) -> list[str]:
    """Return the name of every cell, for reports."""
    names: list[list[str]] = [[] for _ in range(axis_size(axis))]
    for cell, name in _named_cells(axis):
        names[cell].append(name)
    if axis.missing is not None:
        names[axis.missing].append("not given")
    return [", ".join(parts) for parts in names]


def _named_cells(axis: Axis) -> Iterator[tuple[int, str]]:
    if isinstance(axis, NumberAxis):
        ends = ["", *(f"{edge:,.6g}" for edge in axis.edges), ""]
        yield from enumerate(_range_name(low, high) for low, high in pairwise(ends))
        return
    yield from ((cell, level) for level, cell in axis.cells.items())
    if axis.other is not None:
        yield axis.other, "unseen"


def _range_name(low: str, high: str) -> str:
    if low and high:
        return f"{low} to {high}"
    if low:
        return f"from {low}"
    return f"below {high}" if high else "given"


def _number_axis(field: Field, column: Matrix) -> NumberAxis:
    numbers = column.astype(np.float64)
    numbers = numbers[~np.isnan(numbers)]
    edges = np.unique(numbers)
    if len(edges) > FINE_CELLS:
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, FINE_CELLS + 1)[:-1]))
    edges = edges[1:]  # nothing lies below the lowest
    missing = len(edges) + 1 if field.nullable else None
    return NumberAxis(edges=tuple(edges.tolist()), missing=missing)


def _level_axis(field: Field, column: Matrix) -> LevelAxis:
    counts = {level: int((column == level).sum()) for level in field.levels}
    ranked = sorted(field.levels, key=lambda level: -counts[level])
    own = ranked if len(ranked) <= MOST_LEVELS else ranked[: MOST_LEVELS - 1]
    places = {level: place for place, level in enumerate(own)}
    cells = {level: places.get(level, len(own)) for level in field.levels}
    size = len(own) + (len(own) < len(ranked))
    missing = size if field.nullable else None
    other = size + field.nullable if field.unknown == "other" else None
    return LevelAxis(cells=cells, missing=missing, other=other)
