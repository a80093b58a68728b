"""Turn the pairs of a scorecard into functions of two values."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

from churn_service.artefact.document import Scorecard
from churn_service.artefact.pairs import Axis, LevelAxis, NumberAxis, PairTerm

_Cell = Callable[[Any], int]


class CompiledPair(NamedTuple):
    """The places of two fields, the value of both together, and its mean."""

    first: int
    second: int
    value: Callable[[Any, Any], float]
    mean: float


class _WithOther(dict[str | None, int]):
    """Cells by level where an unseen level has a cell of its own."""

    def __init__(self, cells: dict[str | None, int], other: int) -> None:
        super().__init__(cells)
        self._other = other

    def __missing__(self, level: str | None) -> int:
        return self._other


def compile_pairs(card: Scorecard) -> tuple[CompiledPair, ...]:
    """Return the function of every pair, in their order."""
    places = {term.field: index for index, term in enumerate(card.terms)}
    return tuple(
        CompiledPair(places[pair.fields[0]], places[pair.fields[1]], _value(pair), pair.mean)
        for pair in card.pairs
    )


def cells_of(axis: LevelAxis) -> dict[str | None, int]:
    """Return the cell of every level, of missing and of unseen ones."""
    cells: dict[str | None, int] = {}
    cells.update(axis.cells)
    if axis.missing is not None:
        cells[None] = axis.missing
    return cells if axis.other is None else _WithOther(cells, axis.other)


def _value(pair: PairTerm) -> Callable[[Any, Any], float]:
    row_of, column_of = map(_cell_function, pair.axes)
    table = pair.table
    return lambda first, second: table[row_of(first)][column_of(second)]


def _cell_function(axis: Axis) -> _Cell:
    if isinstance(axis, NumberAxis):
        return _number_cell(axis)
    return cells_of(axis).__getitem__


def _number_cell(axis: NumberAxis) -> _Cell:
    edges, missing = axis.edges, axis.missing

    def cell(number: Any) -> int:
        if number is None:
            return missing  # type: ignore[return-value]  # None only where the schema forbids it
        return bisect_right(edges, number)

    return cell
