"""Write columns as an Arrow IPC stream of one batch."""

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_service.columnar.cells import Bools, Bytes, Texts
from churn_service.columnar.exact import Floats
from churn_service.columnar.flatbuffers import Member, Number, Structs, written
from churn_service.columnar.stream import END, RECORDS, SCHEMA

_VERSION_5 = Number("h", 4)
# numbers of the types in Schema.fbs, and their members
_FLOAT, _UTF8, _BOOL = 3, 5, 6
_DOUBLE: Mapping[int, Member] = {0: Number("h", 2)}


class Written(NamedTuple):
    """One column to write.

    Attributes:
        name: Its name.
        kind: Number of its type in Schema.fbs.
        buffers: What holds its values.
        valid: Which rows have a value; None when all have.
    """

    name: str
    kind: int
    buffers: tuple[NDArray[np.generic], ...]
    valid: Bools | None = None


def floats(name: str, values: Floats, valid: Bools | None = None) -> Written:
    """Return a column of 64-bit floats."""
    return Written(name, _FLOAT, (np.ascontiguousarray(values),), valid)


def truths(name: str, values: Bools, valid: Bools | None = None) -> Written:
    """Return a column of truth values."""
    return Written(name, _BOOL, (_bitmap(values),), valid)


def texts(name: str, values: Texts, valid: Bools | None = None) -> Written:
    """Return a column of texts."""
    offsets, data = _packed(values)
    return Written(name, _UTF8, (offsets.astype(np.int32), data), valid)


def write_stream(rows: int, columns: Sequence[Written], metadata: Mapping[str, str]) -> bytes:
    """Return the stream; `metadata` stands in its schema."""
    schema: Mapping[int, Member] = {
        1: tuple(map(_field, columns)),
        2: tuple({0: key, 1: value} for key, value in metadata.items()),
    }
    nodes, places, size = [], [], 0
    parts: list[bytes | memoryview] = []
    for column in columns:
        valid = np.empty(0, np.uint8) if column.valid is None else _bitmap(column.valid)
        missing = 0 if column.valid is None else rows - int(np.count_nonzero(column.valid))
        nodes.append((rows, missing))
        for buffer in (valid, *column.buffers):
            padding = bytes(-buffer.nbytes % 8)
            places.append((size, buffer.nbytes))
            parts += (buffer.data.cast("B") if buffer.size else b"", padding)
            size += buffer.nbytes + len(padding)
    records: Mapping[int, Member] = {
        0: Number("q", rows), 1: Structs(tuple(nodes)), 2: Structs(tuple(places)),
    }  # fmt: skip
    return b"".join((_message(SCHEMA, schema), _message(RECORDS, records, size), *parts, END))


def _message(kind: int, header: Mapping[int, Member], body_bytes: int = 0) -> bytes:
    metadata = written({
        0: _VERSION_5, 1: Number("B", kind), 2: header, 3: Number("q", body_bytes),
    })  # fmt: skip
    return struct.pack("<II", 0xFFFFFFFF, len(metadata)) + metadata


def _field(column: Written) -> Mapping[int, Member]:
    inside = _DOUBLE if column.kind == _FLOAT else {}
    return {0: column.name, 1: Number("B", 1), 2: Number("B", column.kind), 3: inside, 5: ()}


def _bitmap(values: Bools) -> Bytes:
    return np.packbits(values, bitorder="little")


def _packed(values: Texts) -> tuple[NDArray[np.int64], Bytes]:
    """Return offsets from 0 and the bytes between them."""
    sizes = values.ends - values.starts
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    if not len(sizes) or np.array_equal(values.starts[1:], values.ends[:-1]):
        first = int(values.starts[0]) if len(sizes) else 0
        return offsets, values.data[first : first + int(offsets[-1])]
    rows = np.repeat(values.starts - offsets[:-1], sizes)
    return offsets, values.data[rows + np.arange(len(rows))]
