"""Split delimited text into rows of trimmed cells; the separator is found out."""

import csv
import io
import re
from itertools import islice

from churn_service.training.errors import DataError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_FIELD_LIMIT = 131_072
_SNIFFED_ROWS = 50
_SNIFFED_CHARACTERS = 2**20
_MOST_COLUMNS = 20_000
_MOST_KEPT_CELLS = 2_000_000
_BREAK = re.compile(r"\s")
_UNWANTED = re.compile('["\\\\\u200b-\u200f\u2060\ufeff\u00ad\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]')

Rows = list[list[str]]


def sniff_separator(text: str) -> str:
    """Return the separator under which most rows are as wide as the header.

    Raises:
        DataError: When no separator gives more than one column.
    """
    sample = _sample(text)
    judged = {mark: _judge(sample, mark) for mark in SEPARATORS}
    best = max(SEPARATORS, key=judged.__getitem__)
    if judged[best] == (0.0, 1):
        _refuse_title(sample)
        tried = ", ".join(SEPARATORS.values())
        raise DataError(
            f"has one column only; separators tried: {tried}; export it as CSV",
            rule="wrong-separator",
        )
    return best


def split_rows(
    text: str, separator: str, most_kept: int = _MOST_KEPT_CELLS
) -> tuple[Rows, list[int]]:
    """Return the rows that are not blank, and the line that each begins on.

    Equal cells share one text, so that a million rows of few levels stay small.

    Raises:
        DataError: Naming the line of a broken quote or an endless cell.
    """
    rows: Rows = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    known: dict[str, str] = {}
    start = 1
    try:
        for row in reader:
            cells = [known.setdefault(cell, cell) for cell in map(str.strip, row)]
            if any(cells):
                rows.append(cells)
                lines.append(start)
            start = reader.line_num + 1
            if len(known) > most_kept:
                known.clear()
    except csv.Error as error:
        raise DataError(broken_line(start, error), rule="broken-line") from error
    return rows, lines


def clean_name(name: str) -> str:
    """Return a column's name on one line, without quotes, invisible characters and outer blanks."""
    return _BREAK.sub(" ", _UNWANTED.sub("", name)).strip()


def raw_header(text: str, separator: str) -> list[str]:
    """Return the first row that is not blank, exactly as written.

    Raises:
        DataError: It has an endless cell, or more columns than any table.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        header = next(row for row in reader if any(map(str.strip, row)))
    except csv.Error as error:
        raise DataError(broken_line(reader.line_num, error), rule="broken-line") from error
    if len(header) > _MOST_COLUMNS:
        raise DataError(
            f"line {reader.line_num} has {len(header):,} cells, at most {_MOST_COLUMNS:,} columns "
            "are read; are line ends missing?",
            rule="too-many-columns",
        )
    return header


def check_widths(rows: Rows, lines: list[int], *, is_cut: bool) -> None:
    """Refuse rows that are wider or narrower than the header, naming the first."""
    width = len(rows[0])
    wrong = [index for index, row in enumerate(rows) if len(row) != width]
    if not wrong:
        return
    _refuse_narrow_header(rows, lines, wrong)
    first = wrong[0]
    message = f"line {lines[first]} has {len(rows[first])} cells, the header has {width}"
    if first == len(rows) - 1 and is_cut:
        raise DataError(
            f"{message}: the file ends in the middle of a line; get it again", rule="broken-line"
        )
    raise DataError(
        f"{message} ({len(wrong)} such lines); quote cells that hold the separator",
        rule="broken-line",
    )


def _refuse_narrow_header(rows: Rows, lines: list[int], wrong: list[int]) -> None:
    """Refuse a first line that is no header, as all others are equally wide."""
    widths = {len(rows[index]) for index in wrong}
    if len(wrong) == len(rows) - 1 and len(wrong) > 1 and len(widths) == 1:
        raise DataError(
            f"line {lines[0]} has {len(rows[0])} cells, all others have {widths.pop()}; the first "
            "line must hold the column names: delete what stands above them",
            rule="wrong-separator",
        )


def _refuse_title(sample: str) -> None:
    """Refuse a title above the table: one cell first, several in most other lines."""
    for mark in SEPARATORS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=mark)
        try:
            rows = [
                (len(row), reader.line_num) for row in islice(reader, _SNIFFED_ROWS) if any(row)
            ]
        except csv.Error:
            continue
        wide = [line for width, line in rows if width > 1]
        if len(wide) > len(rows) / 2:
            raise DataError(
                f"has one cell in the first line, more from line {wide[0]} on; the first line "
                "must hold the column names: delete what stands above them",
                rule="wrong-separator",
            )


def _sample(text: str) -> str:
    """Return the whole lines among the first characters, or these when there is no line end."""
    if len(text) <= _SNIFFED_CHARACTERS:
        return text
    return text[: text.rfind("\n", 0, _SNIFFED_CHARACTERS) + 1] or text[:_SNIFFED_CHARACTERS]


def _judge(text: str, mark: str) -> tuple[float, int]:
    """Return the share of rows as wide as the header, and that width."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        widths = [len(row) for row in islice(reader, _SNIFFED_ROWS) if any(row)]
    except csv.Error:  # an endless cell; splitting names its line
        widths = [len(text.split("\n", 1)[0].split(mark))]
    width = widths[0] if widths else 1
    return (widths.count(width) / len(widths), width) if width > 1 else (0.0, 1)


def broken_line(line: int, error: csv.Error) -> str:
    """Say what is wrong with the row that begins on a line."""
    if "field larger" in str(error):
        return f"line {line}: a cell has more than {_FIELD_LIMIT} characters; is a quote missing?"
    return f"line {line}: a quoted cell is broken or never ends ({error}); is the file complete?"
