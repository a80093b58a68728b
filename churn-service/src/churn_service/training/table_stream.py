"""Read a table of any length as text, some rows at a time, in the memory of these."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from churn_service.training.delimited import (
    SEPARATORS,
    Rows,
    broken_line,
    check_widths,
    clean_name,
    raw_header,
    sniff_separator,
)
from churn_service.training.encoding import GZIP_MAGIC, decode
from churn_service.training.errors import DataError
from churn_service.training.parquet import MAGIC as PARQUET_MAGIC
from churn_service.training.parquet import stream_columns
from churn_service.training.table import check_header, nameless_columns

HEAD_BYTES = 16 * 2**20
FIRST_CELLS, NEXT_CELLS = 400_000, 200_000
_LONGEST_LINE = 4 * 2**20
_CODECS = {"utf-8": "utf-8-sig"}


class Part(NamedTuple):
    """Some rows of a table.

    Attributes:
        header: Names of the columns, the same in every part.
        rows: Their cells as written.
        lines: The line of the file that each row begins on; its number in a Parquet file.
        read_bytes: How much of the file was read so far.
    """

    header: tuple[str, ...]
    rows: Rows
    lines: list[int]
    read_bytes: int


def table_parts(path: Path, *, allow_ragged: bool = False) -> Iterator[Part]:
    """Yield a table in parts: CSV of any separator and encoding, gzip too, or Parquet.

    Its first 16 MiB show encoding and separator. The first part is larger than
    the others, since it shows how the cells are written; a short file has no other.

    Args:
        path: The file; CSV may come through a pipe.
        allow_ragged: Whether rows may be wider or narrower than the header.

    Raises:
        DataError: Naming the file, the line and the cure.
    """
    try:
        with path.open("rb") as file:
            yield from _parts(file, allow_ragged=allow_ragged)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path}: is broken gzip ({error}); is the file complete?", rule="binary-file"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except DataError as error:
        raise DataError(f"{path}: {error}", rule=error.rule) from error


def _parts(file: io.BufferedReader, *, allow_ragged: bool) -> Iterator[Part]:
    start = file.peek(len(PARQUET_MAGIC))
    if start.startswith(PARQUET_MAGIC):
        yield from _parquet_parts(file)
    else:
        source = _Source(file, is_gzip=start.startswith(GZIP_MAGIC))
        yield from _csv_parts(source, allow_ragged=allow_ragged)


def _csv_parts(source: "_Source", *, allow_ragged: bool) -> Iterator[Part]:
    manner = _manner_of(source.take_head())
    buffered = io.BufferedReader(source, 2**16)
    codec = _CODECS.get(manner.encoding, manner.encoding)
    lines = _Lines(io.TextIOWrapper(buffered, codec, newline=""))
    records = _records(lines, manner)
    rows, starts = _split(islice(records, 1 + _rows_of(FIRST_CELLS, manner.header)))
    if not allow_ragged:
        check_widths(rows, starts, is_cut=lines.is_cut)
    columns = _Columns.of(manner.header, rows[1:])
    yield columns.part(rows[1:], starts[1:], source.read_bytes)
    while found := list(islice(records, _rows_of(NEXT_CELLS, manner.header))):
        rows, starts = _split(found)
        if not allow_ragged:
            check_widths([manner.header, *rows], [1, *starts], is_cut=lines.is_cut)
        yield columns.part(rows, starts, source.read_bytes)


def _parquet_parts(file: IO[bytes]) -> Iterator[Part]:
    size, done = file.seek(0, io.SEEK_END), 0
    columns = None
    for names, cells, total in stream_columns(file, FIRST_CELLS):
        rows = [list(row) for row in zip(*cells, strict=True)]
        columns = columns or _Columns.of(names, rows)
        starts = list(range(done + 1, done + 1 + len(rows)))
        done += len(rows)
        yield columns.part(rows, starts, size * done // total)


class _Manner(NamedTuple):
    """How a file is written: its encoding, its separator, its first row as written."""

    encoding: str
    separator: str
    header: list[str]


def _manner_of(head: bytes) -> _Manner:
    text, encoding = decode(head if len(head) < HEAD_BYTES else _whole_lines(head))
    separator = sniff_separator(text)
    return _Manner(encoding, separator, raw_header(text, separator))


def _whole_lines(head: bytes) -> bytes:
    """Return the lines of a head, without half a character at its end; UTF-16 has pairs."""
    end = head.rfind(b"\n")
    return head if end < 0 else head[: end + 2 - end % 2 if b"\0" in head[:8] else end + 1]


class _Columns(NamedTuple):
    """The names of the columns, and which ones are dropped: those without name and content."""

    header: tuple[str, ...]
    dropped: frozenset[int]

    @classmethod
    def of(cls, written: Sequence[str], rows: Rows) -> "_Columns":
        """Check a header; DataError when it is none, or when there are no rows."""
        names = tuple(map(clean_name, written))
        dropped = frozenset(nameless_columns(names, rows))
        header = tuple(name for place, name in enumerate(names) if place not in dropped)
        check_header(header)
        if not rows:
            raise DataError(
                "has a header but no rows; export the customers, too", rule="header-only"
            )
        return cls(header, dropped)

    def part(self, rows: Rows, starts: list[int], read_bytes: int) -> Part:
        """Return rows under these names."""
        if self.dropped:
            rows = [
                [cell for place, cell in enumerate(row) if place not in self.dropped]
                for row in rows
            ]
        return Part(self.header, rows, starts, read_bytes)


def _rows_of(cells: int, header: Sequence[str]) -> int:
    return max(cells // len(header), 1)


def _split(records: Iterable[tuple[list[str], int]]) -> tuple[Rows, list[int]]:
    rows: Rows = []
    starts: list[int] = []
    for row, start in records:
        rows.append(row)
        starts.append(start)
    return rows, starts


def _records(lines: "_Lines", manner: _Manner) -> Iterator[tuple[list[str], int]]:
    """Yield the rows that are not blank, and the line that each begins on."""
    reader = csv.reader(lines, delimiter=manner.separator, strict=True)
    start = 1
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield row, start
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(broken_line(start, error), rule="broken-line") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"line {start} or one soon after is not {manner.encoding.upper()}, "
            "all lines before are; save the whole file as UTF-8",
            rule="mixed-encodings",
        ) from error


class _Lines:
    """The lines of a text, none of them endless."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._read = text.readline
        self._last = "\n"
        self._number = 0

    def __iter__(self) -> "_Lines":
        """Return itself."""
        return self

    def __next__(self) -> str:
        """Return the next line with its end."""
        line = self._read(_LONGEST_LINE)
        if not line:
            raise StopIteration
        self._number += 1
        self._last = line
        if len(line) == _LONGEST_LINE:
            raise DataError(
                f"line {self._number} has more than {_LONGEST_LINE:,} characters; "
                f"are line ends missing? separators known: {', '.join(SEPARATORS.values())}",
                rule="broken-line",
            )
        return line

    @property
    def is_cut(self) -> bool:
        """Whether the last line has no end, so that the file may have been cut."""
        return not self._last.endswith(("\n", "\r"))


class _Source(io.RawIOBase):
    """The content of a file, whose head can be looked at before it is read."""

    def __init__(self, file: io.BufferedReader, *, is_gzip: bool) -> None:
        self._file = file
        self._content: IO[bytes] = (
            gzip.GzipFile(fileobj=file) if is_gzip else file  # type: ignore[assignment]  # reads
        )
        self._ahead = io.BytesIO()

    def take_head(self) -> bytes:
        """Return the first 16 MiB; they are still there to be read."""
        head = io.BytesIO()
        while head.tell() < HEAD_BYTES and (
            chunk := self._content.read(min(2**20, HEAD_BYTES - head.tell()))
        ):
            head.write(chunk)
        self._ahead = io.BytesIO(head.getvalue())
        return head.getvalue()

    @property
    def read_bytes(self) -> int:
        """How much of the file was read, as it lies on the disk; 0 for a pipe."""
        return self._file.tell() if self._file.seekable() else 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer will do
        """Read the next bytes."""
        chunk = self._ahead.read(len(buffer)) or self._content.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)
