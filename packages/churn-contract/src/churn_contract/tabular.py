"""The schema as columns of a file: which header cell is which field."""

from collections import Counter
from collections.abc import Sequence
from itertools import filterfalse
from typing import NamedTuple

from churn_contract.schema import CustomerSchema


class HeaderMatch(NamedTuple):
    """What a header line says about a file.

    Attributes:
        columns: Per column the canonical field name, or None when nobody knows it.
        missing: Features without a column.
        unknown: Header cells that name no field, as written.
        duplicate: Fields that more than one column names.
    """

    columns: tuple[str | None, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    duplicate: tuple[str, ...]


def match_header(schema: CustomerSchema, header: Sequence[str]) -> HeaderMatch:
    """Match header cells with fields; case, outer blanks and a byte order mark do not count."""
    columns = tuple(_field_name(schema, cell) for cell in header)
    times = Counter(filter(None, columns))
    features = (field.name for field in schema.features)
    return HeaderMatch(
        columns,
        missing=tuple(filterfalse(times.__contains__, features)),
        unknown=tuple(cell for cell in header if _field_name(schema, cell) is None),
        duplicate=tuple(times - Counter(times.keys())),
    )


def _field_name(schema: CustomerSchema, cell: str) -> str | None:
    field = schema.find(cell.removeprefix("\ufeff"))
    return None if field is None else field.name
