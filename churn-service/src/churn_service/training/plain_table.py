"""A table to score, with its cells as the schema reads them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.content import is_numeric
from churn_service.training.dates import AmbiguousDatesError, DateForm, ages_in_days, find_date_form
from churn_service.training.errors import DataError
from churn_service.training.numbers import plain_numbers
from churn_service.training.table import Table, most_common


def with_plain_cells(table: Table, schema: CustomerSchema, snapshot: date | None = None) -> Table:
    """Return the table with the schema's numbers in plain spelling, and dates as ages.

    Args:
        table: What was read.
        schema: Says which columns are numbers.
        snapshot: The day that dates are counted to.

    Raises:
        DataError: A column of numbers holds dates, and they cannot be counted.
    """
    columns = {
        place: _plain(table.header[place], table.column(place), snapshot)
        for place, name in enumerate(table.header)
        if _is_number_of(schema, name)
    }
    return replace(
        table, rows=[list(_exchanged(row, columns, at)) for at, row in enumerate(table.rows)]
    )


def _plain(name: str, cells: Sequence[str], snapshot: date | None) -> Sequence[str]:
    form = _date_form(name, Counter(filter(None, cells)), snapshot)
    if form is None or snapshot is None:
        return plain_numbers(cells)
    return ages_in_days(cells, snapshot, form)


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


def _exchanged(row: Sequence[str], columns: Mapping[int, Sequence[str]], at: int) -> Iterator[str]:
    for place, cell in enumerate(row):
        yield columns[place][at] if place in columns else cell
