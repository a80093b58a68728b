"""Numbers as people write them: decimal commas, marks for thousands, words for missing."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from churn_contract.schema import CustomerSchema
from churn_service.training.content import NUMBER_SHARE, is_number
from churn_service.training.table import Table

MISSING_WORDS = frozenset({"na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", "."})
_INFINITE = re.compile(r"[+-]?(?:inf|infinity|∞)", re.IGNORECASE)
_PLAIN = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?")
_SPACES = str.maketrans({"\xa0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"})
_ANY_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,' ][0-9]+)*")


@dataclass(frozen=True)
class Notation:
    """One way to write numbers: the mark before decimals and the one for thousands."""

    decimal: str
    thousands: str

    def read(self, cell: str) -> str | None:
        """Return the plain spelling of a cell, or None when it is not in this notation."""
        text = cell.translate(_SPACES)
        return self._plain(text) if self._pattern.fullmatch(text) else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        decimals = f"(?:{re.escape(self.decimal)}[0-9]+)?"
        groups = f"[1-9][0-9]{{0,2}}(?:{re.escape(self.thousands)}[0-9]{{3}})+{decimals}"
        plain = f"[0-9]+{decimals}"
        return re.compile(f"[+-]?(?:{groups}|{plain})" if self.thousands else f"[+-]?{plain}")

    def _plain(self, text: str) -> str:
        whole = text.replace(self.thousands, "") if self.thousands else text
        return whole.replace(self.decimal, ".")

    def __str__(self) -> str:
        """Name the notation by an example."""
        return f"1{self.thousands}234{self.decimal}5"


NOTATIONS = (
    Notation(",", ""),
    Notation(".", ","),
    Notation(",", "."),
    Notation(".", " "),
    Notation(",", " "),
    Notation(".", "'"),
    Notation(",", "'"),
)


class AmbiguousNumbersError(ValueError):
    """Cells are numbers, and more than one notation, or none, fits them."""


def is_infinite(cell: str) -> bool:
    """Whether a cell spells infinity, or a number that no computer holds."""
    if _INFINITE.fullmatch(cell):
        return True
    return _PLAIN.fullmatch(cell) is not None and not is_number(cell) and "e" in cell.lower()


def find_notation(counts: Mapping[str, int]) -> Notation | None:
    """Return the notation of a column's filled cells; None when they are plain or text.

    Raises:
        AmbiguousNumbersError: The cells are numbers that can be read in two ways.
    """
    total = sum(counts.values())
    strange = {cell: n for cell, n in counts.items() if not is_number(cell)}
    if sum(strange.values()) <= (1 - NUMBER_SHARE) * total:
        return None
    looking = sum(n for cell, n in counts.items() if _ANY_NUMBER.fullmatch(cell.translate(_SPACES)))
    if looking < NUMBER_SHARE * total:
        return None
    return _the_one(counts, total)


def plain_cells(cells: Sequence[str], notation: Notation | None) -> list[str]:
    """Return the cells with numbers in plain spelling and words for missing as empty."""
    known = {cell: _plain_cell(cell, notation) for cell in dict.fromkeys(cells)}
    return [known[cell] for cell in cells]


def is_mostly_numbers(counts: Mapping[str, int]) -> bool:
    """Whether at least 98 % are numbers once words for missing are left out."""
    rest = {cell: n for cell, n in counts.items() if cell.lower() not in MISSING_WORDS}
    total = sum(rest.values())
    numbers = {cell: n for cell, n in rest.items() if is_number(cell)}
    return len(numbers) > 2 and sum(numbers.values()) >= NUMBER_SHARE * total


def plain_numbers(cells: Sequence[str]) -> list[str]:
    """Return the cells of a column that is known to hold numbers, in plain spelling.

    Numbers that can be read in two ways stay as they are, for the reader to refuse.
    """
    try:
        notation = find_notation(_without_words(Counter(filter(None, cells))))
    except AmbiguousNumbersError:
        return list(cells)
    return plain_cells(cells, notation)


def _without_words(counts: Mapping[str, int]) -> dict[str, int]:
    return {cell: n for cell, n in counts.items() if cell.lower() not in MISSING_WORDS}


def _the_one(counts: Mapping[str, int], total: int) -> Notation:
    shares = {each: _fitting(counts, each) / total for each in NOTATIONS}
    for wanted in (1.0, NUMBER_SHARE):
        fitting = [each for each in NOTATIONS if shares[each] >= wanted]
        if fitting and len(set(_readings(counts, fitting))) == 1:
            return fitting[0]
        if fitting:
            raise AmbiguousNumbersError(f"{fitting[0]} and {fitting[1]} both fit")
    raise AmbiguousNumbersError("no way of writing numbers fits all cells")


def _fitting(counts: Mapping[str, int], notation: Notation) -> int:
    return sum(n for cell, n in counts.items() if notation.read(cell) is not None)


def _readings(
    counts: Mapping[str, int], notations: Sequence[Notation]
) -> Iterator[tuple[str | None, ...]]:
    for notation in notations:
        yield tuple(map(notation.read, counts))


def _plain_cell(cell: str, notation: Notation | None) -> str:
    if cell.lower() in MISSING_WORDS:
        return ""
    read = notation.read(cell) if notation else None
    return cell if read is None else read


def with_plain_numbers(table: Table, schema: CustomerSchema) -> Table:
    """Return the table with the cells of the schema's numbers in plain spelling."""
    columns = {
        place: plain_numbers(table.column(place))
        for place, name in enumerate(table.header)
        if _is_number_of(schema, name)
    }
    return replace(
        table, rows=[list(_exchanged(row, columns, at)) for at, row in enumerate(table.rows)]
    )


def _is_number_of(schema: CustomerSchema, name: str) -> bool:
    field = schema.find(name)
    return field is not None and field.role == "feature" and field.kind == "number"


def _exchanged(row: Sequence[str], columns: Mapping[int, Sequence[str]], at: int) -> Iterator[str]:
    for place, cell in enumerate(row):
        yield columns[place][at] if place in columns else cell
