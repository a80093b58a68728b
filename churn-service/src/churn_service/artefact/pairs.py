"""Two fields that act together: a table of weights over the cells of both."""

import math
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

import msgspec

from churn_contract.schema import CustomerSchema, Field


class NumberAxis(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="number"
):
    """The cells of a number: cell ``bisect_right(edges, x)``; one for missing."""

    edges: tuple[float, ...]
    missing: int | None = None


class LevelAxis(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="levels"
):
    """The cells of a category or boolean, by level; rare levels may share one."""

    cells: dict[str, int]
    missing: int | None = None
    other: int | None = None


Axis = NumberAxis | LevelAxis


class PairTerm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Logit contribution of two fields together: one row per cell of the first."""

    fields: tuple[str, str]
    axes: tuple[Axis, Axis]
    table: tuple[tuple[float, ...], ...]
    mean: float = 0.0


def axis_cells(axis: Axis) -> list[int]:
    """Return every cell that a value can fall into; a cell may stand twice."""
    if isinstance(axis, NumberAxis):
        named: Iterable[int | None] = (*range(len(axis.edges) + 1), axis.missing)
    else:
        named = (*axis.cells.values(), axis.missing, axis.other)
    return [cell for cell in named if cell is not None]


def pair_problems(schema: CustomerSchema, pair: PairTerm) -> Iterator[str]:
    """Yield what does not make sense about a pair of fields of this schema."""
    name = " and ".join(pair.fields)
    known = {field.name: field for field in schema.features}
    if len(set(pair.fields)) < len(pair.fields) or not set(pair.fields) <= set(known):
        yield f"the pair {name} is not two features of the schema"
        return
    rows, widths = len(pair.table), {len(row) for row in pair.table}
    if len(widths) != 1:
        yield f"the table of {name} is not a rectangle"
        return
    for field, axis, size in zip(pair.fields, pair.axes, (rows, widths.pop()), strict=True):
        yield from _axis_problems(known[field], axis, size)
    if not all(map(math.isfinite, (pair.mean, *chain.from_iterable(pair.table)))):
        yield f"a number of the pair {name} is not finite"


def _axis_problems(field: Field, axis: Axis, size: int) -> Iterator[str]:
    if (field.kind == "number") != isinstance(axis, NumberAxis):
        yield f"an axis of {field.name} does not fit its kind, {field.kind}"
        return
    if not set(axis_cells(axis)) <= set(range(size)):
        yield f"a cell of {field.name} lies outside its table"
    if field.nullable and axis.missing is None:
        yield f"{field.name} may be missing but has no cell for that"
    if isinstance(axis, NumberAxis):
        yield from _edge_problems(field, axis)
    else:
        yield from _level_problems(field, axis)


def _level_problems(field: Field, axis: LevelAxis) -> Iterator[str]:
    if set(axis.cells) != set(field.levels):
        yield f"the cells of {field.name} are not those of its levels"
    elif field.unknown == "other" and axis.other is None:
        yield f"{field.name} takes unseen levels but has no cell for them"


def _edge_problems(field: Field, axis: NumberAxis) -> Iterator[str]:
    if not all(map(math.isfinite, axis.edges)):
        yield f"an edge of {field.name} is not finite"
    elif any(left >= right for left, right in pairwise(axis.edges)):
        yield f"the edges of {field.name} do not ascend"
