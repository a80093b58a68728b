"""Read a table of customers as text, whatever wrote the file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from churn_contract.schema import canonical_name
from churn_service.training.collector import collector_held
from churn_service.training.delimited import (
    SEPARATORS,
    Rows,
    check_widths,
    clean_name,
    raw_header,
    sniff_separator,
    split_rows,
)
from churn_service.training.encoding import decode, unpack
from churn_service.training.errors import DataError
from churn_service.training.parquet import MAGIC as PARQUET_MAGIC
from churn_service.training.parquet import read_columns

LONGEST_NAME = 200
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Table:
    """All cells of a file as trimmed text, and how the file was read.

    `lines` has the line of the file that each row begins on; in a Parquet file
    the row's number. `cleaned` has the column names that were not clean, as
    the file spells them.
    """

    header: tuple[str, ...]
    rows: Rows
    lines: list[int]
    separator: str
    encoding: str
    size: int
    sha256: str
    cleaned: tuple[str, ...] = ()

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
        raise DataError(f"{path}: {error}", rule=error.rule) from error


@collector_held()
def parse_table(data: bytes) -> Table:
    """Parse a table: CSV of any separator and encoding, gzip, or Parquet.

    Raises:
        DataError: Naming the line and the cure.
    """
    content = unpack(data)
    if content.startswith(PARQUET_MAGIC):
        return _from_parquet(data, content)
    text, encoding = decode(content)
    separator = sniff_separator(text)
    written = tuple(raw_header(text, separator))
    rows, lines = split_rows(text, separator)
    check_widths(rows, lines, is_cut=not text.endswith(("\n", "\r")))
    return _table(data, written, rows[1:], lines[1:], (SEPARATORS[separator], encoding))


def most_common(cells: Iterable[str] | Mapping[str, int], count: int = 5) -> str:
    """Return the commonest cells, or those of counts, in words, for messages."""
    ranked = sorted(Counter(cells).items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(repr(_shortened(text)) for text, _ in ranked[:count])
    return shown + (", ..." if len(ranked) > count else "")


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _from_parquet(data: bytes, content: bytes) -> Table:
    names, columns = read_columns(content)
    rows = [list(row) for row in zip(*columns, strict=True)]
    return _table(data, tuple(names), rows, list(range(1, len(rows) + 1)), ("parquet", "utf-8"))


def _table(
    data: bytes,
    written: tuple[str, ...],
    rows: Rows,
    lines: list[int],
    found: tuple[str, str],
) -> Table:
    nameless = nameless_columns(tuple(map(clean_name, written)), rows)
    if nameless:
        written = tuple(_without(written, nameless))
        rows = [_without(row, nameless) for row in rows]
    header = tuple(map(clean_name, written))
    check_header(header)
    if not rows:
        raise DataError("has a header but no rows; export the customers, too", rule="header-only")
    cleaned = [raw for raw, name in zip(written, header, strict=True) if raw != name]
    separator, encoding = found
    return Table(
        header=header,
        rows=rows,
        lines=lines,
        separator=separator,
        encoding=encoding,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        cleaned=(*cleaned, *("" for _ in nameless)),
    )


def _without(row: Sequence[str], places: set[int]) -> list[str]:
    return [cell for place, cell in enumerate(row) if place not in places]


def nameless_columns(header: tuple[str, ...], rows: Rows) -> set[int]:
    """Return the columns without name and content, as commas at line ends make them."""
    found = {index for index, name in enumerate(header) if not name}
    return {index for index in found if rows and not any(map(str.strip, _cells_at(rows, index)))}


def _cells_at(rows: Rows, index: int) -> Iterator[str]:
    return (row[index] for row in rows if index < len(row))


def _check_name(place: int, name: str) -> None:
    if not name:
        raise DataError(
            f"column {place} has no name in the first line; name it or leave it out",
            rule="duplicate-name",
        )
    if len(name) > LONGEST_NAME:
        raise DataError(
            f"the name of column {place} has {len(name):,} characters, at most {LONGEST_NAME}; "
            "does the first line hold the column names?",
            rule="duplicate-name",
        )


def check_header(header: tuple[str, ...]) -> None:
    """Refuse columns without a name, with an endless one, or with the same one."""
    for place, name in enumerate(header, 1):
        _check_name(place, name)
    spellings: dict[str, list[str]] = {}
    for name in header:
        spellings.setdefault(canonical_name(name), []).append(name)
    same = [met for met in spellings.values() if len(met) > 1]
    if same:
        more = f" (and {len(same) - 1} more such names)" if len(same) > 1 else ""
        raise DataError(
            f"columns {most_common(same[0])} have the same name{more}; rename one",
            rule="duplicate-name",
        )
