"""Customer ids of a body: kept as bytes, because they are only handed back."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_contract.cells import LONGEST_ID, BadValueError, read_id
from churn_service.columnar.cells import (
    Bools,
    Cells,
    NoCells,
    NumberCells,
    PlainTexts,
    TextCells,
    Texts,
)
from churn_service.columnar.checking import ColumnFault

_PRINTABLE = (0x21, 0x7E)


class Ids(NamedTuple):
    """An id per row, or none where `nulls` says so."""

    texts: Texts
    nulls: Bools | None = None

    def text(self, row: int) -> str | None:
        """Return the id of one row."""
        return None if self.nulls is not None and self.nulls[row] else self.texts.text(row)

    def part(self, rows: Bools) -> "Ids":
        """Return the ids of some rows."""
        return Ids(self.texts.part(rows), None if self.nulls is None else self.nulls[rows])

    def given(self) -> list[str | None]:
        """Return every id, None where there is none."""
        texts: list[str | None] = [*_texts(self.texts)]
        for row in np.flatnonzero(self.nulls).tolist() if self.nulls is not None else ():
            texts[row] = None
        return texts

    def spelled(self) -> list[str]:
        """Return every id as text, empty where there is none."""
        texts = _texts(self.texts)
        if self.nulls is not None:
            for row in np.flatnonzero(self.nulls).tolist():
                texts[row] = ""
        return texts


class CheckedIds(NamedTuple):
    """Ids as `read_id` leaves them, and what is wrong with some of them."""

    ids: Ids | None
    faults: tuple[ColumnFault, ...] = ()


def check_ids(cells: Cells) -> CheckedIds:
    """Check the cells of the id column."""
    if isinstance(cells, PlainTexts) and cells.nulls is None and _are_plain(cells.texts):
        return CheckedIds(Ids(cells.texts))
    if isinstance(cells, NoCells) and cells.is_null:
        return CheckedIds(None)
    values = _values(cells)
    if values is None:
        fault = ColumnFault("wrong-type", "must be a column of texts or integers", is_whole=True)
        return CheckedIds(None, (fault,))
    return _read(values)


def _are_plain(texts: Texts) -> bool:
    """Tell whether no id is empty, long, or may have blanks around it."""
    sizes = texts.ends - texts.starts
    if not len(sizes):
        return True
    if sizes.min() < 1 or sizes.max() > LONGEST_ID:
        return False
    low, high = _PRINTABLE
    outer = (texts.data[texts.starts], texts.data[texts.ends - 1])
    return all(low <= each.min() and each.max() <= high for each in outer)


def _values(cells: Cells) -> Sequence[object] | None:
    if isinstance(cells, NumberCells):
        if cells.values.dtype.kind not in "iu":
            return None
        return _without_nulls(cells.values.tolist(), cells.nulls)
    if isinstance(cells, PlainTexts):
        return _without_nulls(_texts(cells.texts), cells.nulls)
    if isinstance(cells, TextCells):
        entries: list[object] = [*_texts(cells.entries), None]
        for place in np.flatnonzero(cells.nulls) if cells.nulls is not None else ():
            entries[place] = None
        return [entries[code] for code in cells.codes.tolist()]
    return None


def _texts(texts: Texts) -> list[str]:
    """Return texts one by one; a slice of a text is cheaper than bytes that are decoded."""
    pairs = zip(texts.starts.tolist(), texts.ends.tolist(), strict=True)
    try:
        together = str(texts.data.data, "ascii")
    except UnicodeDecodeError:
        data = texts.data.tobytes()
        return [data[start:end].decode() for start, end in pairs]
    return [together[start:end] for start, end in pairs]


def _without_nulls(values: Sequence[object], nulls: Bools | None) -> Sequence[object]:
    if nulls is None:
        return values
    pairs = zip(values, nulls.tolist(), strict=True)
    return [None if is_null else value for value, is_null in pairs]


def _read(values: Sequence[object]) -> CheckedIds:
    ids: list[str | None] = []
    wrong: dict[tuple[str, str], list[int]] = {}
    for row, value in enumerate(values):
        try:
            ids.append(read_id(value))
        except BadValueError as error:
            ids.append(None)
            wrong.setdefault((error.code, error.detail), []).append(row)
    faults = tuple(
        ColumnFault(code, detail, np.array(rows)) for (code, detail), rows in wrong.items()
    )
    return CheckedIds(ids_of(ids), faults)


def ids_of(ids: Sequence[str | None]) -> Ids:
    """Return ids that are held as texts already."""
    parts = [(text or "").encode() for text in ids]
    ends: NDArray[np.int64] = np.cumsum([len(part) for part in parts], dtype=np.int64)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)[: len(parts)]
    data = np.frombuffer(b"".join(parts), dtype=np.uint8)
    nulls = np.array([text is None for text in ids], dtype=bool)
    return Ids(Texts(starts, ends, data), nulls if nulls.any() else None)
