"""The columns that an Arrow stream announces: names, types, dictionaries."""

from typing import NamedTuple

import numpy as np

from churn_contract.errors import MalformedBodyError
from churn_service.columnar.flatbuffers import FlatbufferError, Table
from churn_service.columnar.stream import Message, broken

# numbers of the types in Schema.fbs
_NULL, _INT, _FLOAT, _BINARY, _UTF8, _BOOL = 1, 2, 3, 4, 5, 6
_LARGE_BINARY, _LARGE_UTF8, _BINARY_VIEW, _UTF8_VIEW = 19, 20, 23, 24
_FIXED = {7, 8, 9, 10, 11, 15, 18}  # decimal, date, time, timestamp, interval, bytes, duration
_FLOATS = ("f2", "f4", "f8")
_WIDTHS = {8, 16, 32, 64}
# members of the tables in Schema.fbs
_ENDIANNESS, _FIELDS = 0, 1
_NAME, _TYPE_NUMBER, _TYPE, _DICTIONARY, _CHILDREN = 0, 2, 3, 4, 5
_ID, _INDEX_TYPE = 0, 1
_BIT_WIDTH, _IS_SIGNED, _PRECISION = 0, 1, 0


class ColumnType(NamedTuple):
    """How the buffers of a column are laid out.

    Attributes:
        kind: null, number, bool, text, view or other (readable by nobody here).
        item: numpy's type of the numbers, or of a text's offsets.
        buffers: How many buffers it has; a view has more, as its batch says.
    """

    kind: str
    item: str = ""
    buffers: int = 2


class ArrowField(NamedTuple):
    """A column: its name, its type, and that of the codes when it has a dictionary."""

    name: str
    type: ColumnType
    dictionary: int | None = None
    codes: ColumnType | None = None

    @property
    def layout(self) -> ColumnType:
        """The type of what stands in a batch of records."""
        return self.codes or self.type


def read_fields(message: Message) -> tuple[ArrowField, ...]:
    """Return the columns of a schema message.

    Raises:
        MalformedBodyError: It cannot be read, or a column is nested.
    """
    try:
        if message.header.number(_ENDIANNESS, "h"):
            raise broken("the Arrow stream is big-endian, which is not taken", message.place)
        return tuple(map(_field, message.header.tables(_FIELDS)))
    except FlatbufferError as error:
        raise broken(f"the Arrow schema is broken: {error}", message.place) from error


def _field(table: Table) -> ArrowField:
    name, kind = table.text(_NAME), table.number(_TYPE_NUMBER, "B")
    if any(table.tables(_CHILDREN)):
        raise MalformedBodyError("a column of the Arrow stream is nested; send flat columns")
    inside = table.table(_TYPE)
    if inside is None:
        raise FlatbufferError("a column has no type")
    encoding = table.table(_DICTIONARY)
    if encoding is None:
        return ArrowField(name, _column_type(kind, inside))
    codes = encoding.table(_INDEX_TYPE)
    code_type = ColumnType("number", "i4") if codes is None else _integer(codes)
    return ArrowField(name, _column_type(kind, inside), encoding.number(_ID, "q"), code_type)


def _column_type(kind: int, inside: Table) -> ColumnType:
    if kind == _INT:
        return _integer(inside)
    if kind == _FLOAT:
        return _float(inside)
    if kind in _PLAIN:
        return _PLAIN[kind]
    raise MalformedBodyError("a column of the Arrow stream has a type that is not taken")


def _integer(inside: Table) -> ColumnType:
    width = inside.number(_BIT_WIDTH, "i")
    if width not in _WIDTHS:
        raise FlatbufferError("an integer has no such width")
    sign = "i" if inside.number(_IS_SIGNED, "B") else "u"
    return ColumnType("number", np.dtype(f"{sign}{width // 8}").str)


def _float(inside: Table) -> ColumnType:
    precision = inside.number(_PRECISION, "h")
    if not 0 <= precision < len(_FLOATS):
        raise FlatbufferError("a float has no such precision")
    return ColumnType("number", _FLOATS[precision])


_PLAIN = {
    _NULL: ColumnType("null", buffers=0),
    _BOOL: ColumnType("bool"),
    _UTF8: ColumnType("text", "i4", buffers=3),
    _LARGE_UTF8: ColumnType("text", "i8", buffers=3),
    _UTF8_VIEW: ColumnType("view"),
    _BINARY: ColumnType("other", buffers=3),
    _LARGE_BINARY: ColumnType("other", buffers=3),
    _BINARY_VIEW: ColumnType("other-view"),
} | dict.fromkeys(_FIXED, ColumnType("other"))
