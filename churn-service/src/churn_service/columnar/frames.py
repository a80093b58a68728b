"""A whole Arrow stream as columns: batches joined, dictionaries put in."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_contract.errors import MalformedBodyError
from churn_service.columnar.batches import Batch
from churn_service.columnar.cells import (
    Bools,
    Cells,
    NoCells,
    NumberCells,
    PlainTexts,
    TextCells,
    Texts,
)
from churn_service.columnar.flatbuffers import FlatbufferError, Table
from churn_service.columnar.stream import DICTIONARY, RECORDS, SCHEMA, Message, broken, messages
from churn_service.columnar.types import ArrowField, ColumnType, read_fields

_ID, _DATA, _IS_DELTA = 0, 1, 2


class Frame(NamedTuple):
    """Named columns of one length, as they were sent."""

    rows: int
    names: tuple[str, ...]
    cells: tuple[Cells, ...]


def read_stream(content: bytes, check_rows: Callable[[int], None]) -> Frame:
    """Read a whole Arrow IPC stream.

    Args:
        content: The stream.
        check_rows: Told the rows so far before they are read; raises when they are too many.

    Raises:
        MalformedBodyError: It cannot be read, or holds something that is not taken.
    """
    stream = messages(content)
    first = next(stream, None)
    if first is None or first.kind != SCHEMA:
        raise MalformedBodyError("the Arrow stream does not start with a schema")
    fields = read_fields(first)
    reader = _Reader(fields, check_rows)
    for message in stream:
        reader.take(message)
    return Frame(reader.rows, tuple(field.name for field in fields), reader.columns())


class _Reader:
    """Collects the batches of one stream."""

    def __init__(self, fields: Sequence[ArrowField], check_rows: Callable[[int], None]) -> None:
        self._fields = fields
        self._types: dict[int, ColumnType] = {
            field.dictionary: field.type for field in fields if field.dictionary is not None
        }
        self._dictionaries: dict[int, Cells] = {}
        self._pieces: list[list[Cells]] = [[] for _ in fields]
        self._check_rows = check_rows
        self.rows = 0

    def take(self, message: Message) -> None:
        """Add one message."""
        if message.kind == DICTIONARY:
            self._take_dictionary(message)
        elif message.kind == RECORDS:
            self._take_records(message)
        else:
            raise broken("the Arrow stream has a message that does not belong there", message.place)

    def columns(self) -> tuple[Cells, ...]:
        """Return every column, its batches joined."""
        return tuple(map(_joined, self._pieces))

    def _take_records(self, message: Message) -> None:
        batch = Batch(message.header, message.body, message.place)
        self.rows += batch.rows
        self._check_rows(self.rows)
        found = batch.columns(field.layout for field in self._fields)
        for field, pieces, cells in zip(self._fields, self._pieces, found, strict=True):
            pieces.append(self._looked_up(field, cells, message.place))

    def _take_dictionary(self, message: Message) -> None:
        try:
            number, data = message.header.number(_ID, "q"), message.header.table(_DATA)
            is_delta = message.header.number(_IS_DELTA, "B")
        except FlatbufferError as error:
            raise broken(f"an Arrow dictionary is broken: {error}", message.place) from error
        if data is None or number not in self._types or is_delta:
            raise broken("an Arrow dictionary is a delta, or of no column", message.place)
        self._dictionaries[number] = self._read_dictionary(data, number, message)

    def _read_dictionary(self, data: Table, number: int, message: Message) -> Cells:
        batch = Batch(data, message.body, message.place)
        (cells,) = batch.columns(iter([self._types[number]]))
        return cells

    def _looked_up(self, field: ArrowField, cells: Cells, place: int) -> Cells:
        if field.dictionary is None or not isinstance(cells, NumberCells):
            return cells
        values = self._dictionaries.get(field.dictionary)
        if values is None:
            raise broken("the Arrow stream uses a dictionary before it is there", place)
        codes = _checked_codes(cells, _size(values), place)
        if isinstance(values, PlainTexts):
            return TextCells(codes, values.texts, values.nulls)
        if isinstance(values, NumberCells):
            return _numbers_by_code(codes, values)
        return NoCells(len(codes))


def _size(values: Cells) -> int:
    if isinstance(values, PlainTexts):
        return len(values.texts.starts)
    if isinstance(values, NumberCells):
        return len(values.values)
    return values.rows if isinstance(values, NoCells) else 0


def _checked_codes(cells: NumberCells, size: int, place: int) -> NDArray[np.integer]:
    """Return the codes; those of null rows are the number of entries.

    A negative code is a large one without its sign, so that one comparison finds both.
    """
    codes = cells.values
    unsigned = codes.view(np.dtype(f"u{codes.dtype.itemsize}"))
    if cells.nulls is not None:
        codes = np.where(cells.nulls, 0, unsigned) if size else np.zeros_like(unsigned)
        unsigned = codes
    if len(codes) and int(unsigned.max()) >= max(size, cells.nulls is not None):
        raise broken("a code of an Arrow dictionary column has no entry", place)
    if cells.nulls is None:
        # narrow codes make all that follows several times as fast
        return unsigned.astype(np.min_scalar_type(size), copy=False)
    if not size and not cells.nulls.all():
        raise broken("a code of an Arrow dictionary column has no entry", place)
    return np.where(cells.nulls, size, codes).astype(np.min_scalar_type(size))


def _numbers_by_code(codes: NDArray[np.integer], values: NumberCells) -> NumberCells:
    size = len(values.values)
    nulls = np.append(np.zeros(size, bool) if values.nulls is None else values.nulls, True)
    found = np.append(values.values, values.values.dtype.type(0))[codes]
    is_null = nulls[codes]
    return NumberCells(found, is_null if is_null.any() else None)


def _joined(pieces: list[Cells]) -> Cells:
    """Return the pieces of one column as one; all are of the same kind."""
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        return NoCells(0, is_null=True)  # of no row, every column is fine
    return _JOIN[type(pieces[0])](pieces)


def _joined_numbers(pieces: "Sequence[NumberCells]") -> NumberCells:
    values = np.concatenate([piece.values for piece in pieces])
    return NumberCells(values, _joined_nulls(pieces))


def _joined_plain(pieces: "Sequence[PlainTexts]") -> PlainTexts:
    texts = _joined_texts([piece.texts for piece in pieces])
    return PlainTexts(texts, _joined_nulls(pieces))


def _joined_nothing(pieces: "Sequence[NoCells]") -> NoCells:
    return NoCells(sum(piece.rows for piece in pieces), pieces[0].is_null)


def _joined_nulls(pieces: "Sequence[NumberCells | PlainTexts]") -> Bools | None:
    if all(piece.nulls is None for piece in pieces):
        return None
    return np.concatenate(list(_null_parts(pieces)))


def _null_parts(pieces: "Sequence[NumberCells | PlainTexts]") -> Iterator[Bools]:
    for piece in pieces:
        rows = len(piece.values if isinstance(piece, NumberCells) else piece.texts.starts)
        yield np.zeros(rows, dtype=bool) if piece.nulls is None else piece.nulls


def _joined_texts(parts: Sequence[Texts]) -> Texts:
    bases = np.cumsum([0, *(len(part.data) for part in parts)])
    starts = [part.starts + base for part, base in zip(parts, bases, strict=False)]
    ends = [part.ends + base for part, base in zip(parts, bases, strict=False)]
    data = np.concatenate([part.data for part in parts])
    return Texts(np.concatenate(starts), np.concatenate(ends), data)


def _joined_codes(pieces: Sequence[TextCells]) -> TextCells:
    first = pieces[0]
    if all(piece.entries is first.entries for piece in pieces):
        return first._replace(codes=np.concatenate([piece.codes for piece in pieces]))
    # entries may stand twice: they are looked at by value later
    sizes = [len(piece.entries.starts) for piece in pieces]
    total, codes = sum(sizes), []
    for piece, base in zip(pieces, np.cumsum([0, *sizes]), strict=False):
        is_null = piece.codes == len(piece.entries.starts)
        codes.append(np.where(is_null, total, piece.codes.astype(np.int64) + base))
    nulls = [
        np.zeros(size, dtype=bool) if piece.nulls is None else piece.nulls
        for piece, size in zip(pieces, sizes, strict=True)
    ]
    entries = _joined_texts([piece.entries for piece in pieces])
    return TextCells(np.concatenate(codes), entries, np.concatenate(nulls))


_JOIN: dict[type, Callable[[Any], Cells]] = {
    NumberCells: _joined_numbers,
    PlainTexts: _joined_plain,
    TextCells: _joined_codes,
    NoCells: _joined_nothing,
}
