"""Dates as people write them, and as ages in days."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from churn_service.training.content import NUMBER_SHARE, has_share, is_number, parted

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = {
    "YYYY": r"(?P<year>(?:19|20|21)[0-9]{2})",
    "YY": r"(?P<year>[0-9]{2})",
    "MM": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{1,2})",
    "MON": r"(?P<month>[A-Za-z]{3})[a-z]{0,6}\.?",
}
_TIME = r"(?:(?:T|,? )[0-9]{1,2}:[0-9:.]+(?: ?[AaPp][Mm])?(?: ?Z| ?UTC| ?[+-][0-9:]+)?)?"
_CENTURY_TURN = 69  # as the C library reads two digits: 69 is 1969, 68 is 2068


@dataclass(frozen=True)
class DateForm:
    """One way to write dates, such as DD.MM.YYYY; a time of day may follow."""

    layout: str

    def read(self, cell: str) -> date | None:
        """Return the day, the first one where there are months only, or None."""
        found = self._pattern.fullmatch(cell)
        if found is None:
            return None
        parts = found.groupdict("1")
        try:
            return date(_year(parts["year"]), _month(parts["month"]), int(parts.get("day", "1")))
        except ValueError:
            return None

    def fits(self, cell: str) -> bool:
        """Whether a cell is a date in this form."""
        return self.read(cell) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split("(YYYY|YY|MM|DD|MON)", self.layout)
        return re.compile("".join(_PARTS.get(part) or re.escape(part) for part in parts) + _TIME)


ISO = DateForm("YYYY-MM-DD")
DATE_FORMS = (
    ISO,
    *map(
        DateForm,
        (
            "YYYY-MM", "YYYY/MM/DD", "YYYY.MM.DD", "YYYYMMDD",
            "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "MM-DD-YYYY",
            "DD/MM/YY", "MM/DD/YY",
            "DD MON YYYY", "DD-MON-YYYY", "DD-MON-YY",
            "MON DD, YYYY", "MON DD YYYY", "MON YYYY", "MON-YY",
        ),
    ),
)  # fmt: skip


class AmbiguousDatesError(ValueError):
    """Dates can be read with the day first and with the month first."""


def find_date_form(counts: Mapping[str, int]) -> DateForm | None:
    """Return the form of a column's dates; None when under 98 % of the cells are dates.

    Words for missing do not count.

    Raises:
        AmbiguousDatesError: Two forms fit and give other days.
    """
    _, filled = parted(counts)
    fitting = [form for form in DATE_FORMS if filled and has_share(filled, form.fits, NUMBER_SHARE)]
    if len(fitting) > 1 and len({tuple(map(form.read, filled)) for form in fitting}) > 1:
        raise AmbiguousDatesError(f"{fitting[0].layout} and {fitting[1].layout} both fit")
    return fitting[0] if fitting else None


def is_dates(counts: Mapping[str, int]) -> bool:
    """Whether the cells are dates, in whatever form."""
    try:
        return find_date_form(counts) is not None
    except AmbiguousDatesError:
        return True


def ages_in_days(cells: Sequence[str], snapshot: date, form: DateForm = ISO) -> list[str]:
    """Return the days from each date to the snapshot; cells that are no dates stay.

    A number that is no date would pass for an age; it is marked as text.
    """
    known = {cell: _age(cell, snapshot, form) for cell in dict.fromkeys(cells)}
    return [known[cell] for cell in cells]


def _age(cell: str, snapshot: date, form: DateForm) -> str:
    day = form.read(cell)
    if day is not None:
        return str((snapshot - day).days)
    return f"no date: {cell}" if is_number(cell) else cell


def _year(text: str) -> int:
    number = int(text)
    if len(text) > 2:
        return number
    return number + (1900 if number >= _CENTURY_TURN else 2000)


def _month(text: str) -> int:
    return int(text) if text.isdecimal() else _MONTHS.index(text.lower()) + 1
