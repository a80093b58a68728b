"""The cells of a table to score, spelled as the schema reads them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.content import is_numeric
from churn_service.training.dates import AmbiguousDatesError, DateForm, ages_in_days, find_date_form
from churn_service.training.errors import DataError
from churn_service.training.numbers import number_speller
from churn_service.training.table import most_common

Speller = Callable[[str], str]


def cell_spellers(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    schema: CustomerSchema,
    snapshot: date | None = None,
) -> Mapping[int, Speller]:
    """Return what spells numbers plainly and dates as ages, per column of numbers.

    Args:
        header: Names of the columns.
        rows: The first rows of the file, or all of them; they show how it is written.
        schema: Says which columns are numbers.
        snapshot: The day that dates are counted to.

    Raises:
        DataError: A column of numbers holds dates, and they cannot be counted.
    """
    return {
        place: _speller(name, _counts(rows, place), snapshot)
        for place, name in enumerate(header)
        if _is_number_of(schema, name)
    }


def _counts(rows: Sequence[Sequence[str]], place: int) -> Counter[str]:
    """Count the filled cells of a column; rows may be too short to have one."""
    cells = (row[place].strip() for row in rows if place < len(row))
    return Counter(filter(None, cells))


def _speller(name: str, counts: Counter[str], snapshot: date | None) -> Speller:
    form = _date_form(name, counts, snapshot)
    if form is None or snapshot is None:
        return number_speller(counts)
    return lambda cell: ages_in_days([cell], snapshot, form)[0]


def _date_form(name: str, counts: Counter[str], snapshot: date | None) -> DateForm | None:
    """Return the form of dates; eight digits are a date only where a day to count to is given."""
    if snapshot is None and is_numeric(counts):
        return None
    try:
        form = find_date_form(counts)
    except AmbiguousDatesError as error:
        raise DataError(f"column {name}: {error}; write its dates as 2024-12-31") from error
    if form is not None and snapshot is None:
        raise DataError(
            f"column {name} holds dates, as {most_common(counts, 1)}, where the model takes "
            "their age in days; add --snapshot-date with the day that the file describes"
        )
    return form


def _is_number_of(schema: CustomerSchema, name: str) -> bool:
    field: Field | None = schema.find(name)
    return field is not None and field.role == "feature" and field.kind == "number"
