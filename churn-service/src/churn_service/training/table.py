"""Read a table of customers as text, whatever wrote the file."""

import codecs
import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from churn_contract.schema import canonical_name
from churn_service.training.errors import DataError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or a zip file; save it as CSV (UTF-8)",
    b"PAR1": "a Parquet file; export it as CSV",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as CSV (UTF-8)",
    codecs.BOM_UTF16_LE: "in UTF-16; save it as UTF-8",
    codecs.BOM_UTF16_BE: "in UTF-16; save it as UTF-8",
}
_FIELD_LIMIT = 131_072


@dataclass(frozen=True)
class Table:
    """All cells of a file as trimmed text, and how the file was read.

    `lines` has the line of the file that each row begins on.
    """

    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    separator: str
    encoding: str
    size: int
    sha256: str

    @property
    def names(self) -> tuple[str, ...]:
        """The canonical names of the columns."""
        return tuple(map(canonical_name, self.header))

    def column(self, index: int) -> list[str]:
        """Return all cells of one column, in the order of the rows."""
        return [row[index] for row in self.rows]


def read_table(path: Path) -> Table:
    """Read a file of customers; DataError names the file and what is wrong."""
    try:
        return parse_table(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def parse_table(data: bytes) -> Table:
    """Parse delimited text: separator, quotes, BOM and encoding are found out.

    Raises:
        DataError: Naming the line and the cure.
    """
    text, encoding = _decode(data)
    separator = _sniff(text)
    rows, lines = _split(text, separator)
    header = tuple(rows[0])
    _check_header(header)
    _check_widths(rows, lines, text)
    if len(rows) == 1:
        raise DataError("has a header but no rows")
    return Table(
        header=header,
        rows=rows[1:],
        lines=lines[1:],
        separator=SEPARATORS[separator],
        encoding=encoding,
        size=len(data),
        sha256=sha256(data).hexdigest(),
    )


def _decode(data: bytes) -> tuple[str, str]:
    if not data.strip():
        raise DataError("is empty")
    for start, what in _FOREIGN.items():
        if data.startswith(start):
            raise DataError(f"is {what}")
    if b"\x00" in data:
        raise DataError(f"is no text: byte {data.index(0)} is zero; export it as CSV in UTF-8")
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        return _decode_windows(data, error.start), "cp1252"


def _decode_windows(data: bytes, first_bad: int) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise DataError(
            f"is neither UTF-8 (byte {first_bad}) nor Windows-1252 (byte {error.start}); "
            "save it as UTF-8"
        ) from error


def _sniff(text: str) -> str:
    """Return the separator that gives the header the most cells."""
    first = next(line for line in text.splitlines() if line.strip())
    cells = {mark: len(next(csv.reader([first], delimiter=mark))) for mark in SEPARATORS}
    best = max(SEPARATORS, key=cells.__getitem__)
    if cells[best] == 1:
        tried = ", ".join(SEPARATORS.values())
        raise DataError(f"has one column only; separators tried: {tried}")
    return best


def _split(text: str, separator: str) -> tuple[list[list[str]], list[int]]:
    rows, lines = [], []
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    start = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append(cells)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(_broken_line(start, error)) from error
    return rows, lines


def _broken_line(line: int, error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"line {line}: a cell has more than {_FIELD_LIMIT} characters; is a quote missing?"
    return f"line {line}: a quoted cell is broken or never ends ({error}); is the file complete?"


def _check_header(header: tuple[str, ...]) -> None:
    if "" in header:
        raise DataError(f"column {header.index('') + 1} has no name in the first line")
    alike: dict[str, list[str]] = {}
    for name in header:
        alike.setdefault(canonical_name(name), []).append(repr(name))
    for names in alike.values():
        if len(names) > 1:
            raise DataError(f"columns {', '.join(names)} have the same name; rename one")


def _check_widths(rows: list[list[str]], lines: list[int], text: str) -> None:
    width = len(rows[0])
    wrong = [index for index, row in enumerate(rows) if len(row) != width]
    if not wrong:
        return
    first = wrong[0]
    message = f"line {lines[first]} has {len(rows[first])} cells, the header has {width}"
    if first == len(rows) - 1 and not text.endswith(("\n", "\r")):
        raise DataError(f"{message}: the file ends in the middle of a line; get it again")
    raise DataError(f"{message} ({len(wrong)} such lines); quote cells that hold the separator")


def most_common(cells: Sequence[str], count: int = 5) -> str:
    """Return the commonest cells in words, for messages."""
    ranked = sorted(Counter(cells).items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(repr(text) for text, _ in ranked[:count])
    return shown + (", ..." if len(ranked) > count else "")
