"""Numbers as people write them: decimal commas, marks for thousands, words for missing."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from churn_service.training.amounts import Amount, read_amount
from churn_service.training.content import (
    MISSING_WORDS,
    NUMBER_SHARE,
    has_share,
    is_infinite,
    is_number,
    parted,
)
from churn_service.training.table import most_common

_FEWEST_NUMBERS = 3
_SHARES = frozenset({"%", "‰"})


@dataclass(frozen=True)
class Notation:
    """One way to write numbers: the mark before decimals and the one for thousands."""

    decimal: str
    thousands: str

    def read(self, text: str) -> str | None:
        """Return the plain spelling of a number, or None when it is not in this notation."""
        return self._plain(text) if self.fits(text) else None

    def fits(self, text: str) -> bool:
        """Whether a number is in this notation."""
        return self._pattern.fullmatch(text) is not None

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


PLAIN = Notation(".", "")
POINTS = Notation(",", ".")
NOTATIONS = (
    Notation(",", ""),
    Notation(".", ","),
    POINTS,
    Notation(".", " "),
    Notation(",", " "),
    Notation(".", "'"),
    Notation(",", "'"),
)


@dataclass(frozen=True)
class Reading:
    """How the cells of a column are read as numbers.

    Attributes:
        cells: The plain spelling of cells that may be written otherwise.
        notation: The marks of decimals and thousands.
        unit: The currency or percent sign around the numbers, or "".
        words: The cells that say "missing" in words, and how often.
    """

    cells: Mapping[str, str]
    notation: Notation
    unit: str
    words: Mapping[str, int]

    @property
    def is_marked(self) -> bool:
        """Whether numbers are written in another way than JSON would."""
        return any(cell != text for cell, text in self.cells.items() if cell not in self.words)

    def plain(self, cells: Sequence[str]) -> list[str]:
        """Return the cells with numbers in plain spelling and words for missing as empty."""
        return [self.cells.get(cell, cell) for cell in cells]

    def spell(self, cell: str) -> str:
        """Return the plain spelling of a cell, also of one that comes later in the file.

        A later number in another notation is marked as text, so that nobody misreads it.
        """
        if cell in self.cells:
            return self.cells[cell]
        if cell.lower() in MISSING_WORDS:
            return ""
        if self.notation == PLAIN and not self.unit:
            return cell
        amount = read_amount(cell)
        if amount is None:
            return cell
        plain = self.notation.read(amount.text) if amount.unit in {"", self.unit} else None
        return f"not like {self.notation}: {cell}" if plain is None else plain


class AmbiguousNumbersError(ValueError):
    """Cells are numbers, and more than one notation, or none, fits them."""


def find_reading(counts: Mapping[str, int]) -> Reading | None:
    """Return how a column's filled cells are read as numbers; None when they are text.

    Raises:
        AmbiguousNumbersError: The cells are numbers that can be read in two ways.
    """
    words, rest = parted(counts)
    if not rest or (words and len(rest) < _FEWEST_NUMBERS):
        return None
    return _read(rest, words)


def plain_numbers(cells: Sequence[str]) -> list[str]:
    """Return the cells of a column that is known to hold numbers, in plain spelling.

    Numbers that can be read in two ways stay as they are, for the reader to refuse.
    """
    reading = _reading_of_numbers(Counter(filter(None, cells)))
    return list(cells) if reading is None else reading.plain(cells)


def number_speller(counts: Mapping[str, int]) -> Callable[[str], str]:
    """Return what spells the cells of a column of numbers, judged by its first cells."""
    reading = _reading_of_numbers(counts)
    return str if reading is None else reading.spell


def _reading_of_numbers(counts: Mapping[str, int]) -> Reading | None:
    words, rest = parted(counts)
    try:
        return _read(rest, words)
    except AmbiguousNumbersError:
        return None


def _read(counts: Mapping[str, int], words: Mapping[str, int]) -> Reading | None:
    blanked = dict.fromkeys(words, "")
    if has_share(counts, is_number, NUMBER_SHARE):
        return Reading(blanked, PLAIN, "", words)
    if not has_share(counts, _is_amount, NUMBER_SHARE):
        return None
    amounts = {cell: amount for cell in counts if (amount := read_amount(cell)) is not None}
    unit = _unit(amounts, counts)
    notation = _notation(_texts(amounts, counts), is_money=unit not in {"", *_SHARES})
    if notation is None:
        return None
    plain = {cell: notation.read(amount.text) or amount.text for cell, amount in amounts.items()}
    return Reading(blanked | plain, notation, unit, words)


def _is_amount(cell: str) -> bool:
    return read_amount(cell) is not None or is_infinite(cell)


def _texts(amounts: Mapping[str, Amount], counts: Mapping[str, int]) -> Counter[str]:
    """Count the numbers without their units."""
    texts: Counter[str] = Counter()
    for cell, amount in amounts.items():
        texts[amount.text] += counts[cell]
    return texts


def _notation(texts: Counter[str], *, is_money: bool) -> Notation | None:
    """Return the one notation that fits; None when most numbers fit none at all."""
    if has_share(texts, is_number, NUMBER_SHARE):
        return POINTS if is_money and _is_grouped(texts, POINTS) else PLAIN
    if not has_share(texts, _fits_any, NUMBER_SHARE):
        return None  # telephone numbers, versions, addresses of machines
    fitting = _fitting(texts, 1.0) or _fitting(texts, NUMBER_SHARE)
    if not fitting:
        raise AmbiguousNumbersError("no way of writing numbers fits all cells")
    return _the_one(texts, fitting, is_money=is_money)


def _fitting(texts: Counter[str], share: float) -> list[Notation]:
    return [each for each in NOTATIONS if has_share(texts, each.fits, share)]


def _the_one(texts: Iterable[str], fitting: Sequence[Notation], *, is_money: bool) -> Notation:
    if is_money and len(fitting) > 1:  # $36,060 has no three decimals
        fitting = [each for each in fitting if _reads_whole(texts, each)] or fitting
    if len({tuple(map(each.read, texts)) for each in fitting}) > 1:
        raise AmbiguousNumbersError(f"{fitting[0]} and {fitting[1]} both fit")
    return fitting[0]


def _is_grouped(texts: Iterable[str], notation: Notation) -> bool:
    """Whether all numbers are whole in a notation that marks thousands, and some are marked."""
    is_marked = any(notation.thousands in text for text in texts)
    return is_marked and all(map(notation.fits, texts)) and _reads_whole(texts, notation)


def _reads_whole(texts: Iterable[str], notation: Notation) -> bool:
    return not any("." in (notation.read(text) or "") for text in texts)


def _fits_any(text: str) -> bool:
    return is_number(text) or any(each.fits(text) for each in NOTATIONS)


def _unit(amounts: Mapping[str, Amount], counts: Mapping[str, int]) -> str:
    """Return the one unit of a column; a percent sign must stand at nearly every number."""
    units: Counter[str] = Counter()
    for cell, amount in amounts.items():
        units[amount.unit] += counts[cell]
    bare, total = units.pop("", 0), sum(units.values())
    if len(units) > 1:
        raise AmbiguousNumbersError(f"the units {most_common(units)} are mixed")
    if units.keys() <= _SHARES and bare > (1 - NUMBER_SHARE) * (bare + total) and total:
        raise AmbiguousNumbersError(f"{bare} of the numbers have no percent sign")
    return next(iter(units), "")
