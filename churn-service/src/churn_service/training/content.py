"""Find out from the texts of a column what its values are.

Every check takes the filled cells as counts by text, so that a million rows of
few different texts are as quick as a thousand.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from churn_contract.cells import NO_WORDS, YES_WORDS
from churn_contract.schema import canonical_name

Counts = Mapping[str, int]

NUMBER_SHARE = 0.98
CONSTANT_SHARE = 0.999
ID_SHARE = 0.95
ADDRESS_SHARE = 0.9
MOST_CODES = 50
_MOST_GAPS = 20
MISSING_WORDS = frozenset({
    "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "0000-00-00",
    "0000-00-00 00:00:00",
})  # fmt: skip
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INFINITE = re.compile(r"[+-]?(?:inf|infinity|∞)", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?[0-9]+(?:\.0+)?")
_LEADING_ZERO = re.compile(r"0[0-9]")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def is_number(cell: str) -> bool:
    """Whether a cell is a number that JSON could hold, too."""
    return _NUMBER.fullmatch(cell) is not None and abs(float(cell)) < 1e300


def is_infinite(cell: str) -> bool:
    """Whether a cell spells infinity, or a number that no computer holds."""
    if _INFINITE.fullmatch(cell):
        return True
    return _NUMBER.fullmatch(cell) is not None and not is_number(cell)


def parted(counts: Counts) -> tuple[dict[str, int], dict[str, int]]:
    """Return the cells that say "missing" in words, and all others."""
    words = {cell: n for cell, n in counts.items() if cell.lower() in MISSING_WORDS}
    return words, {cell: n for cell, n in counts.items() if cell not in words}


def is_boolean(levels: Iterable[str]) -> bool:
    """Whether canonical levels say yes and no, in one pair of words or in several."""
    found = set(levels)
    return found <= NO_WORDS | YES_WORDS and bool(found & NO_WORDS) and bool(found & YES_WORDS)


def is_numeric(counts: Counts) -> bool:
    """Whether at least 98 % of the filled cells are numbers, infinite ones included."""
    return has_share(counts, lambda cell: is_number(cell) or is_infinite(cell), NUMBER_SHARE)


def is_codes(counts: Counts) -> bool:
    """Whether few whole numbers of one length begin with zeros, as postcodes do."""
    if len(counts) > MOST_CODES or len({len(cell) for cell in counts}) != 1:
        return False
    return all(map(str.isdecimal, counts)) and any(_LEADING_ZERO.match(cell) for cell in counts)


def is_addresses(counts: Counts) -> bool:
    """Whether the cells are mail addresses, which no model may learn from."""
    return has_share(counts, lambda cell: _ADDRESS.fullmatch(cell) is not None, ADDRESS_SHARE)


def is_constant(counts: Counts, rows: int) -> bool:
    """Whether nearly all rows, blank ones included, are the same."""
    blanks = rows - sum(counts.values())
    return max(blanks, *counts.values(), 0) >= CONSTANT_SHARE * rows


def is_id_like(counts: Counts) -> bool:
    """Whether cells name rows: nearly all distinct, and no decimals or amounts."""
    if len(counts) < ID_SHARE * sum(counts.values()):
        return False
    if not is_numeric(counts):
        return True
    return has_share(counts, _is_integer, NUMBER_SHARE) and _is_numbering(counts)


def _is_numbering(counts: Counts) -> bool:
    """Whether different whole numbers are names: of one length, or dense; amounts are neither."""
    lengths = Counter(len(cell) for cell in counts)
    if max(lengths.values()) >= ID_SHARE * len(counts):
        return True
    numbers = [float(cell) for cell in counts if is_number(cell)]
    return max(numbers) - min(numbers) <= _MOST_GAPS * len(numbers)


def is_row_number(counts: Counts) -> bool:
    """Whether the cells count rows: whole numbers, all different, without gaps."""
    if len(counts) != sum(counts.values()) or not all(map(_is_integer, counts)):
        return False
    numbers = [float(cell) for cell in counts]
    return max(numbers) - min(numbers) == len(numbers) - 1


def has_share(counts: Counts, claim: Callable[[str], bool], wanted: float) -> bool:
    """Whether a claim is true of at least this share; stops as soon as it cannot be."""
    spare = (1 - wanted) * sum(counts.values())
    for cell, times in counts.items():
        if not claim(cell):
            spare -= times
            if spare < 0:
                return False
    return True


def spellings(counts: Counts) -> dict[str, list[str]]:
    """Return the raw spellings by canonical level, levels sorted, commonest spelling first."""
    found: dict[str, list[str]] = {}
    for raw in sorted(counts, key=lambda raw: (-counts[raw], raw)):
        found.setdefault(canonical_name(raw), []).append(raw)
    return dict(sorted(found.items()))


def _is_integer(cell: str) -> bool:
    return _INTEGER.fullmatch(cell) is not None
