"""Columns against the schema: a checked block, or every fault with its rows."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_contract.cells import (
    BadValueError,
    LevelReader,
    Value,
    expected,
    missing_value,
    value_reader,
)
from churn_contract.schema import Field
from churn_service.columnar.block import Column, LevelColumn, NumberColumn, Places, counts_of
from churn_service.columnar.cells import (
    Bools,
    Cells,
    NoCells,
    NumberCells,
    PlainTexts,
    TextCells,
    rows_of,
)
from churn_service.columnar.encoding import with_codes
from churn_service.columnar.exact import Floats

Rows = NDArray[np.intp]

_UNUSED = object()
_NO_ROWS: Rows = np.empty(0, dtype=np.intp)


class ColumnFault(NamedTuple):
    """What is wrong with some rows of a column, or with the column as such.

    Attributes:
        code: Word of `FieldError.code`.
        detail: Sentence of `FieldError.detail`.
        rows: The rows, ascending.
        is_whole: Whether it is the column as such; then there are no rows.
    """

    code: str
    detail: str
    rows: Rows = _NO_ROWS
    is_whole: bool = False


class CheckedColumn(NamedTuple):
    """A column of a feature; where there are faults its values mean nothing."""

    column: Column | None
    faults: tuple[ColumnFault, ...] = ()


def check_column(field: Field, cells: Cells) -> CheckedColumn:
    """Check the cells of one feature, as `RecordReader` checks its values."""
    if _is_all_null(cells):
        return _all_missing(field, cells)
    if isinstance(cells, NoCells):
        return _wrong_type(field)
    if field.kind == "number":
        return _number_column(field, cells)
    return _level_column(field, cells)


def _is_all_null(cells: Cells) -> bool:
    if isinstance(cells, NoCells):
        return cells.is_null
    return (
        isinstance(cells, PlainTexts | NumberCells)
        and cells.nulls is not None
        and bool(cells.nulls.all())
    )


def _all_missing(field: Field, cells: Cells) -> CheckedColumn:
    rows, faults, value = rows_of(cells), [], None
    try:
        value = missing_value(field)
    except BadValueError as error:
        if rows:
            faults.append(ColumnFault(error.code, error.detail, np.arange(rows)))
    if field.kind == "number":
        return CheckedColumn(NumberColumn(np.full(rows, _as_number(value))), tuple(faults))
    entries = np.array([place_of(field, value)])
    column = LevelColumn(np.zeros(rows, dtype=np.uint8), entries, len(field.levels))
    return CheckedColumn(column, tuple(faults))


def _wrong_type(field: Field, hint: str = "") -> CheckedColumn:
    detail = f"must be a column with {expected(field)}{hint}"
    return CheckedColumn(None, (ColumnFault("wrong-type", detail, is_whole=True),))


def _number_column(field: Field, cells: Cells) -> CheckedColumn:
    if not isinstance(cells, NumberCells) or cells.values.dtype == np.bool_:
        hint = "; send it as integers or floats" if not isinstance(cells, NumberCells) else ""
        return _wrong_type(field, hint)
    numbers = cells.values.astype(np.float64, copy=False)
    if cells.nulls is None and _all_within(field, numbers):
        return CheckedColumn(NumberColumn(numbers))
    return _odd_numbers(field, numbers, cells.nulls)


def _all_within(field: Field, numbers: Floats) -> bool:
    if not len(numbers):
        return True
    low, high = limits(field)
    return bool(low <= numbers.min() and numbers.max() <= high)


def limits(field: Field) -> tuple[float, float]:
    """Return the hard limits, which every number feature has."""
    assert field.minimum is not None  # noqa: S101 - checked with the schema
    assert field.maximum is not None  # noqa: S101 - the same
    return field.minimum, field.maximum


def _odd_numbers(field: Field, numbers: Floats, nulls: Bools | None) -> CheckedColumn:
    low, high = limits(field)
    within = (numbers >= low) & (numbers <= high)
    faults = []
    if nulls is not None:
        within |= nulls
        try:
            numbers = np.where(nulls, _as_number(missing_value(field)), numbers)
        except BadValueError as error:
            faults.append(ColumnFault(error.code, error.detail, np.flatnonzero(nulls)))
    if not within.all():
        detail = f"must be {expected(field)}"
        faults.append(ColumnFault("out-of-range", detail, np.flatnonzero(~within)))
    return CheckedColumn(NumberColumn(numbers), tuple(faults))


def _as_number(value: Value) -> float:
    return np.nan if value is None or isinstance(value, str) else value


def _level_column(field: Field, cells: Cells) -> CheckedColumn:
    if isinstance(cells, NumberCells):
        codes, values = _distinct(cells)
    else:
        texts = with_codes(cells) if isinstance(cells, PlainTexts) else cells
        if isinstance(texts, NoCells):
            return _wrong_type(field)
        counts = counts_of(texts.codes, len(texts.entries.starts) + 1)
        return _by_entry(field, texts.codes, list(_entries(texts, counts)), counts)
    return _by_entry(field, codes, values)


def _distinct(cells: NumberCells) -> tuple[NDArray[np.integer], list[object]]:
    if cells.values.dtype == np.bool_:
        codes = cells.values.view(np.uint8)
        values = [value if value in cells.values else _UNUSED for value in (False, True)]
    else:
        distinct, codes = np.unique(cells.values, return_inverse=True)
        values = distinct.tolist()
    if cells.nulls is not None:
        codes = np.where(cells.nulls, len(values), codes)
        return codes, [*values, None]
    return codes, values


def _entries(texts: TextCells, counts: Places) -> Iterator[object]:
    """Yield the texts that a row has, then null; the others need no look."""
    size = len(texts.entries.starts)
    for place in range(size):
        if not counts[place]:
            yield _UNUSED
        elif texts.nulls is not None and texts.nulls[place]:
            yield None
        else:
            yield texts.entries.text(place)
    yield None if counts[size] else _UNUSED


def _by_entry(
    field: Field,
    codes: NDArray[np.integer],
    values: list[object],
    counts: Places | None = None,
) -> CheckedColumn:
    """Look every distinct value up once; faults are told for the rows that have it."""
    reader = value_reader(field)
    assert isinstance(reader, LevelReader)  # noqa: S101 - the kind says so
    places = np.zeros(len(values), dtype=np.intp)
    wrong: dict[tuple[str, str], list[int]] = {}
    for entry, value in enumerate(values):
        if value is _UNUSED:
            continue
        try:
            places[entry] = place_of(field, reader.from_json(value))
        except BadValueError as error:
            wrong.setdefault((error.code, error.detail), []).append(entry)
    faults = (
        ColumnFault(code, detail, np.flatnonzero(_members(codes, entries, len(values))))
        for (code, detail), entries in wrong.items()
    )
    column = LevelColumn(codes, places, len(field.levels), counts)
    # what stands in a null cell is nobody's value
    return CheckedColumn(column, tuple(fault for fault in faults if len(fault.rows)))


def _members(codes: NDArray[np.integer], entries: list[int], size: int) -> Bools:
    chosen = np.zeros(size, dtype=bool)
    chosen[entries] = True
    found: Bools = chosen[codes]
    return found


def place_of(field: Field, value: Value) -> int:
    """Return the place of a level; behind them all, first of unseen ones, then of missing."""
    if value is None:
        return len(field.levels) + 1
    return field.levels.index(value) if value in field.levels else len(field.levels)
