"""Numbers in the dress of people: currencies, percent signs, odd minus signs.

Which signs and codes are known stands in `units.toml`.
"""

import re
import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

from churn_service.training.content import is_number

_PLAINER = str.maketrans({
    "\xa0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'",
    "\u2212": "-", "\u2012": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-",
})  # fmt: skip
_BARE = re.compile(r"[0-9]+(?:[.,' ][0-9]+)*[.,]?(?:[eE][+-]?[0-9]+)?|[.,][0-9]+")


class Amount(NamedTuple):
    """A number as written, without what stands around it.

    Attributes:
        text: Sign, digits and their marks, with a plain minus and plain blanks.
        unit: The currency or percent sign, or "".
    """

    text: str
    unit: str


def read_amount(cell: str) -> Amount | None:
    """Return the number in a cell and its unit, or None when it holds anything else.

    Parentheses and a minus at the end stand for negative numbers, as in accounts.
    """
    if is_number(cell):
        return Amount(cell, "")
    found = _dress().fullmatch(cell.translate(_PLAINER))
    if found is None or not _is_in_order(found):
        return None
    is_negative = bool(found["open"] or found["last"]) or "-" in (found["sign"] + found["inner"])
    return Amount(
        ("-" if is_negative else "") + found["number"], (found["before"] or found["after"]).strip()
    )


def _is_in_order(found: re.Match[str]) -> bool:
    """Whether parentheses close, and sign and unit stand there once at most."""
    signs = [found["sign"], found["inner"], found["open"], found["last"]]
    units = [found["before"], found["after"]]
    is_closed = bool(found["open"]) == bool(found["close"])
    return is_closed and sum(map(bool, signs)) <= 1 and not all(units)


@cache
def _dress() -> re.Pattern[str]:
    packaged = resources.files("churn_service.training") / "units.toml"
    units: list[str] = tomllib.loads(packaged.read_text(encoding="utf-8"))["units"]
    unit = "|".join(map(re.escape, sorted(units, key=len, reverse=True)))
    return re.compile(
        rf"(?P<open>\(?)(?P<sign>[+-]?) ?(?P<before>(?:{unit})?) ?(?P<inner>[+-]?)"
        rf"(?P<number>{_BARE.pattern}) ?(?P<after>(?:{unit})?)(?P<close>\)?)(?P<last>-?)"
    )
