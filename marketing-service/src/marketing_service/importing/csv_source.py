"""A CSV file as rows of text: encoding and delimiter found, every row with its line."""

import codecs
import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from marketing_service.errors import ImportFileError

BLOCK_BYTES: Final = 1 << 20
DELIMITERS: Final = ",;\t|"
LONGEST_CELL: Final = 131_072
"""Python's own limit; a longer cell is an open quote that swallowed the rest."""

UTF_8: Final = "utf-8-sig"
"""UTF-8, with a byte order mark or without one."""

_MAGIC: Final = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook; save the table as CSV (UTF-8)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the table as CSV (UTF-8)",
    b"\x1f\x8b": "compressed; unpack it first",
    b"PAR1": "a Parquet file; export the table as CSV",
    b"\xff\xfe": "UTF-16; save the table as CSV (UTF-8)",
    b"\xfe\xff": "UTF-16; save the table as CSV (UTF-8)",
}
# Windows programs write cp1252; a few of its bytes are undefined, Latin-1 takes all.
_ENCODINGS: Final = (UTF_8, "cp1252")


class RawRow(NamedTuple):
    """One row of the file.

    Attributes:
        line: Number of its first line in the file; the header is line 1.
        cells: Its cells as text; empty when the row cannot be split.
        raw: The row as it stands in the file.
        problem: Why it cannot be split; empty when it can.
    """

    line: int
    cells: list[str]
    raw: str
    problem: str = ""


@dataclass(frozen=True)
class CsvSource:
    """An open CSV file: its header, then its rows in order, once, and how it was read."""

    header: list[str]
    rows: Iterator[RawRow]
    encoding: str = UTF_8


@contextmanager
def open_csv(path: Path) -> Iterator[CsvSource]:
    """Open a CSV file with whatever encoding and delimiter it has.

    Raises:
        ImportFileError: it is gone, empty, of another format, or cut off within quotes;
            the last is found only when the rows are read.
    """
    try:
        encoding = _encoding(path)
        with path.open(encoding=encoding, newline="") as lines:
            yield replace(read_csv(lines), encoding=encoding)
    except FileNotFoundError:
        raise ImportFileError("The uploaded file is no longer there; upload it again.") from None


def read_csv(text: Iterable[str]) -> CsvSource:
    """Read CSV from lines with their ends; the header is read at once, rows when asked for.

    Raises:
        ImportFileError: there is no header, or a quote does not close.
    """
    lines = _Lines(text)
    first = next(lines, "")
    if not first.strip():
        raise ImportFileError("The first line must hold the names of the columns; it is empty.")
    delimiter = max(DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter))
    lines.take()
    return CsvSource(header=header, rows=_rows(lines, delimiter))


def read_header(path: Path) -> list[str]:
    """Return the cells of the header.

    Raises:
        ImportFileError: as `open_csv`, or there is no row below it.
    """
    with open_csv(path) as source:
        if next(source.rows, None) is None:
            raise ImportFileError("The file holds the names of columns and not one row.")
        return source.header


class _Lines:
    """The lines of a file, counted, with those kept that belong to the row at hand."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._kept: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self._kept.append(line)
        return line

    def take(self) -> tuple[int, str]:
        """Return the first line's number and the text of the row just read."""
        kept, self._kept = self._kept, []
        return self.number - len(kept) + 1, "".join(kept).rstrip("\r\n")


def _rows(lines: _Lines, delimiter: str) -> Iterator[RawRow]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells, problem = next(reader), ""
        except StopIteration:
            return
        except csv.Error as error:
            cells, problem = [], _problem(error, lines)
        line, raw = lines.take()
        if cells or problem:
            yield RawRow(line, cells, raw, problem)


def _problem(error: csv.Error, lines: _Lines) -> str:
    if "end of data" in str(error) or "field limit" in str(error):
        line, _ = lines.take()
        raise ImportFileError(
            f"A quote opens in line {line} and does not close: the file is cut off there, or"
            " the quote is stray. Rows before it may have been stored already."
        )
    return "a quoted cell must end at its closing quote; write a quote inside it twice"


def _encoding(path: Path) -> str:
    return next((encoding for encoding in _ENCODINGS if _decodes(path, encoding)), "latin-1")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    is_ascii = True
    try:
        for block in _blocks(path):
            is_ascii &= decoder.decode(block).isascii()
    except UnicodeDecodeError:
        return False
    return _ends_whole(decoder, is_ascii=is_ascii)


def _ends_whole(decoder: codecs.IncrementalDecoder, *, is_ascii: bool) -> bool:
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        if is_ascii:
            return False
        # Good UTF-8 up to half a character: reading it as Latin-1 would garble it all.
        raise ImportFileError("The file is cut off in the middle of a character.") from None
    return True


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        _refuse_other_formats(file.read(8))
        file.seek(0)
        while block := file.read(BLOCK_BYTES):
            if b"\0" in block:
                raise ImportFileError("The file holds zero bytes, so it is no CSV text.")
            yield block


def _refuse_other_formats(start: bytes) -> None:
    for magic, description in _MAGIC.items():
        if start.startswith(magic):
            raise ImportFileError(f"The file is {description}.")
