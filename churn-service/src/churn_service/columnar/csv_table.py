"""Plain CSV as columns: no quotes, every line of one width; all else is left to `csv`."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import CustomerSchema
from churn_contract.tabular import match_header
from churn_service.columnar.cells import Texts
from churn_service.columnar.encoding import SLACK
from churn_service.envelopes.csv import SEPARATORS
from churn_service.envelopes.lines import LONGEST_LINE

_NEW_LINE = ord("\n")
_UNUSUAL = (b"\0", b"\r")
_AT_ONCE = 1 << 21  # bytes that stay in the cache


class UnusualError(Exception):
    """A body, or something in it, that only the long way reads or complains about."""


class PlainCsv:
    """A header and lines of cells without quotes.

    Args:
        content: The body.
        schema: Which columns are fields.

    Raises:
        UnusualError: It is not as plain as that.
    """

    def __init__(self, content: bytes, schema: CustomerSchema) -> None:
        if b"\r" in content:
            content = content.replace(b"\r\n", b"\n")
        if any(mark in content for mark in _UNUSUAL):
            raise UnusualError
        _check_utf8(content)
        first = content[: content.find(b"\n") % (len(content) + 1)].decode()
        self._separator = max(SEPARATORS, key=first.count)
        self._header = _header(first.removeprefix("\ufeff"), self._separator)
        self.match = match_header(schema, self._header)
        self._content = content
        self._start, self._end = len(first.encode()) + 1, len(content)
        if content.find(b'"', self._start) >= 0:
            raise UnusualError
        while self._end > self._start and content[self._end - 1] == _NEW_LINE:
            self._end -= 1

    def blocks(self) -> Iterator["CsvBlock"]:
        """Yield the cells of some lines at a time, by column.

        Raises:
            UnusualError: A line has another width.
        """
        everything = np.frombuffer(self._content, dtype=np.uint8)
        start = self._start
        while start < self._end:
            end = self._end_of_block(start)
            data = everything[start : end + SLACK]
            if len(data) < end - start + SLACK:
                data = np.concatenate([data, np.zeros(SLACK, dtype=np.uint8)])
            ends = self._ends(data[: end - start])
            yield CsvBlock(start, len(ends), tuple(_columns(ends, data)))
            start = end + 1

    def at_home(self, block: "CsvBlock", place: int) -> Texts:
        """Return the cells of a column by their places in the whole body."""
        starts, ends, _ = block.columns[place]
        everything = np.frombuffer(self._content, dtype=np.uint8)
        return Texts(starts + block.start, ends + block.start, everything)

    def _end_of_block(self, start: int) -> int:
        if start + _AT_ONCE >= self._end:
            return self._end
        end = self._content.rfind(b"\n", start, start + _AT_ONCE)
        if end < 0:
            raise UnusualError
        return end

    def _ends(self, block: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return where each cell ends, by row and column."""
        is_end = block == _NEW_LINE
        lines = np.count_nonzero(is_end) + 1
        is_end |= block == ord(self._separator)
        marks = np.append(np.flatnonzero(is_end), len(block))
        if len(marks) != lines * len(self._header):
            raise UnusualError
        ends = marks.reshape(lines, len(self._header))
        longest = np.diff(ends[:, -1], prepend=-1).max()
        if longest >= LONGEST_LINE or np.any(block[ends[:-1, -1]] != _NEW_LINE):
            raise UnusualError
        return ends


class CsvBlock(NamedTuple):
    """Some lines: where they start in the body, how many, and their cells by column."""

    start: int
    rows: int
    columns: tuple[Texts, ...]


def _check_utf8(content: bytes) -> None:
    try:
        if not content.isascii():
            content.decode()
    except UnicodeDecodeError as error:
        raise UnusualError from error


def _header(line: str, separator: str) -> list[str]:
    """Return the names, which may stand in quotes."""
    if not line.strip() or line != line.lstrip() or "\r" in line or len(line) >= LONGEST_LINE // 4:
        raise UnusualError
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error as error:
        raise UnusualError from error


def _columns(ends: NDArray[np.int64], data: NDArray[np.uint8]) -> Iterator[Texts]:
    """Yield the cells of each column; a cell starts behind the end of the one before."""
    by_column = np.ascontiguousarray(ends.T)
    starts = np.concatenate([[0], by_column[-1, :-1] + 1])
    for column in by_column:
        yield Texts(starts, column, data)
        starts = column + 1
