"""The buffers of an Arrow batch as cells; every place and length is checked first."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from churn_contract.errors import MalformedBodyError
from churn_service.columnar.cells import (
    Bools,
    Bytes,
    Cells,
    NoCells,
    NumberCells,
    PlainTexts,
    Texts,
    check_texts,
)
from churn_service.columnar.flatbuffers import FlatbufferError, Table
from churn_service.columnar.stream import broken
from churn_service.columnar.types import ColumnType

_LENGTH, _NODES, _BUFFERS, _COMPRESSION, _VARIADIC = 0, 1, 2, 3, 4
_SHORT_VIEW = 12  # bytes of a text that stand in the view itself
_MOST_TEXT_BYTES = 64 * 1024 * 1024
_VIEW = np.dtype([("size", "<i4"), ("prefix", "<u4"), ("buffer", "<i4"), ("offset", "<i4")])


class Batch:
    """One batch: says its rows, then hands out its columns in their order.

    Raises:
        MalformedBodyError: It is compressed, or cannot be read.
    """

    def __init__(self, header: Table, body: memoryview, place: int) -> None:
        self._place = place
        try:
            if header.table(_COMPRESSION) is not None:
                raise broken(
                    "the Arrow buffers are compressed, which is not taken; "
                    "compress the request with Content-Encoding: gzip instead", place,
                )  # fmt: skip
            self.rows = header.number(_LENGTH, "q")
            self._nodes = iter(header.structs(_NODES, "qq"))
            self._buffers = iter(header.structs(_BUFFERS, "qq"))
            self._variadic = iter(header.structs(_VARIADIC, "q"))
        except FlatbufferError as error:
            raise broken(f"an Arrow batch is broken: {error}", place) from error
        self._body = body
        if self.rows < 0:
            raise broken("an Arrow batch has a negative number of rows", place)

    def columns(self, types: Iterator[ColumnType]) -> Iterator[Cells]:
        """Yield the cells of every column.

        Raises:
            MalformedBodyError: A buffer is too short or lies outside.
        """
        for kind in types:
            yield self._column(kind)
        if next(self._nodes, None) or next(self._buffers, None):
            raise self._broken("has more columns than its schema")

    def _column(self, kind: ColumnType) -> Cells:
        rows, null_count = self._next(self._nodes)
        if rows != self.rows or not 0 <= null_count <= rows:
            raise self._broken("has columns of different lengths")
        if kind.kind == "null":
            return NoCells(rows, is_null=True)
        nulls = self._nulls(null_count)
        if kind.kind == "number":
            return NumberCells(self._numbers(kind.item, rows), nulls)
        if kind.kind == "bool":
            return NumberCells(self._bits(rows), nulls)
        if kind.kind == "text":
            return PlainTexts(self._texts(kind.item), nulls)
        if kind.kind == "view":
            return PlainTexts(self._views(), nulls)
        self._skip(kind)
        return NoCells(rows)

    def _nulls(self, null_count: int) -> Bools | None:
        bitmap = self._buffer()
        if not len(bitmap) and not null_count:
            return None
        nulls = ~self._unpacked(bitmap, self.rows)
        if np.count_nonzero(nulls) != null_count:
            raise self._broken("counts its nulls wrongly")
        return nulls if null_count else None

    def _bits(self, rows: int) -> Bools:
        return self._unpacked(self._buffer(), rows)

    def _unpacked(self, bitmap: Bytes, rows: int) -> Bools:
        if len(bitmap) * 8 < rows:
            raise self._broken("has a buffer that is too short")
        return np.unpackbits(bitmap[: (rows + 7) // 8], count=rows, bitorder="little").view(bool)

    def _numbers(self, item: str, count: int) -> NDArray[np.number]:
        kind, buffer = np.dtype(item), self._buffer()
        if len(buffer) < count * kind.itemsize:
            raise self._broken("has a buffer that is too short")
        return buffer[: count * kind.itemsize].view(kind)

    def _texts(self, item: str) -> Texts:
        if not self.rows:
            self._buffer()
            offsets = np.zeros(1, dtype=np.int64)
        else:
            offsets = self._numbers(item, self.rows + 1).astype(np.int64)
        return check_texts(Texts(offsets[:-1], offsets[1:], self._buffer()))

    def _views(self) -> Texts:
        """Return texts of the view layout: short ones in place, long ones in further buffers."""
        views = self._numbers("u1", self.rows * _VIEW.itemsize)
        parts = [views, *(self._buffer() for _ in range(self._further()))]
        records = views.view(_VIEW)
        sizes, offsets = records["size"].astype(np.int64), records["offset"].astype(np.int64)
        is_long = sizes > _SHORT_VIEW
        chosen = np.where(is_long, records["buffer"], 0)
        ends = np.cumsum([*(len(part) for part in parts), 0])
        if np.any((chosen < 0) | (chosen >= max(len(parts) - 1, 1))):
            raise self._broken("has a text outside its buffers")
        starts = np.where(is_long, ends[chosen] + offsets, _in_place(self.rows))
        is_outside = (offsets < 0) | (starts + sizes > ends[chosen + 1])
        if np.any(sizes < 0) or np.any(is_long & is_outside):
            raise self._broken("has a text outside its buffers")
        if int(sizes.sum()) > _MOST_TEXT_BYTES:  # many views may share one long text
            raise self._broken("has too much text")
        return _own_texts(starts, starts + sizes, np.concatenate(parts))

    def _further(self) -> int:
        (count,) = self._next(self._variadic)
        if not 0 <= count <= len(self._body):
            raise self._broken("has more buffers than bytes")
        return int(count)

    def _skip(self, kind: ColumnType) -> None:
        further = self._further() if kind.kind == "other-view" else 0
        for _ in range(kind.buffers - 1 + further):
            self._buffer()

    def _buffer(self) -> Bytes:
        offset, length = self._next(self._buffers)
        if not 0 <= offset <= offset + length <= len(self._body):
            raise self._broken("has a buffer outside its message")
        return np.frombuffer(self._body, dtype=np.uint8, count=length, offset=offset)

    def _next(self, entries: "Iterator[tuple[int, ...]]") -> tuple[int, ...]:
        found = next(entries, None)
        if found is None:
            raise self._broken("has fewer columns than its schema")
        return found

    def _broken(self, detail: str) -> MalformedBodyError:
        return broken(f"an Arrow batch {detail}", self._place)


def _in_place(rows: int) -> NDArray[np.int64]:
    return np.arange(rows, dtype=np.int64) * _VIEW.itemsize + 4


def _own_texts(starts: NDArray[np.int64], ends: NDArray[np.int64], data: Bytes) -> Texts:
    """Return texts that stand between other bytes as texts one behind the other."""
    sizes = ends - starts
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.repeat(starts - offsets[:-1], sizes)
    return check_texts(Texts(offsets[:-1], offsets[1:], data[rows + np.arange(len(rows))]))
