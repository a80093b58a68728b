"""Find out from the text of a column what its values are."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from churn_contract.schema import canonical_name
from churn_service.training.errors import DataError

BOOLEAN_PAIRS = (("no", "yes"), ("false", "true"), ("f", "t"), ("n", "y"), ("0", "1"))
NUMBER_SHARE = 0.98
CONSTANT_SHARE = 0.999
ID_SHARE = 0.95
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]+,[0-9]+|[+-]?[0-9]{1,3}([.,' ][0-9]{3})+([.,][0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def is_number(cell: str) -> bool:
    """Whether a cell is a number that JSON could hold, too."""
    return _NUMBER.fullmatch(cell) is not None and abs(float(cell)) < 1e300


def boolean_levels(levels: Iterable[str]) -> tuple[str, str] | None:
    """Return the pair (no, yes) that these canonical levels are, or None."""
    found = set(levels)
    return next((pair for pair in BOOLEAN_PAIRS if found == set(pair)), None)


def is_numeric(filled: Sequence[str]) -> bool:
    """Whether at least 98 % of the filled cells are numbers."""
    return share(filled, is_number) >= NUMBER_SHARE


def is_comma_numeric(filled: Sequence[str]) -> bool:
    """Whether the cells are numbers with a comma, or with marks for thousands."""
    commas = share(filled, lambda cell: _COMMA_NUMBER.fullmatch(cell) is not None)
    both = share(filled, lambda cell: is_number(cell) or bool(_COMMA_NUMBER.fullmatch(cell)))
    return commas >= 0.05 and both >= NUMBER_SHARE


def is_dates(filled: Sequence[str]) -> bool:
    """Whether the cells are ISO dates."""
    return share(filled, lambda cell: _DATE.fullmatch(cell) is not None) >= NUMBER_SHARE


def is_addresses(filled: Sequence[str]) -> bool:
    """Whether the cells are mail addresses, which no model may learn from."""
    return share(filled, lambda cell: _ADDRESS.fullmatch(cell) is not None) >= 0.9


def is_constant(cells: Sequence[str]) -> bool:
    """Whether nearly all cells, blanks included, are the same."""
    return Counter(cells).most_common(1)[0][1] >= CONSTANT_SHARE * len(cells)


def is_id_like(filled: Sequence[str]) -> bool:
    """Whether cells name rows: nearly all distinct, and no decimals."""
    if is_numeric(filled) and share(filled, _is_integer) < NUMBER_SHARE:
        return False
    return len(set(filled)) >= ID_SHARE * len(filled)


def share(cells: Sequence[str], claim: Callable[[str], bool]) -> float:
    """Return the share of cells of which a claim is true."""
    return sum(1 for cell in cells if claim(cell)) / len(cells)


def spellings(column: str, filled: Iterable[str]) -> dict[str, str]:
    """Return the raw spelling by canonical level, sorted by level.

    Raises:
        DataError: When two raw spellings meet in one level.
    """
    found: dict[str, str] = {}
    for raw in sorted(set(filled)):
        level = canonical_name(raw)
        if found.setdefault(level, raw) != raw:
            raise DataError(
                f"column {column}: {found[level]!r} and {raw!r} are the same level; write one"
            )
    return dict(sorted(found.items()))


def _is_integer(cell: str) -> bool:
    return _INTEGER.fullmatch(cell) is not None
