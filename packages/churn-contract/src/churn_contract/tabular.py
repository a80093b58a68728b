"""The schema as columns: which header cell is which field, and the Arrow types."""

from collections.abc import Sequence
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
    cells = [cell.removeprefix("\ufeff") for cell in header]
    found = [schema.find(cell) for cell in cells]
    columns = tuple(None if field is None else field.name for field in found)
    return HeaderMatch(
        columns,
        missing=tuple(field.name for field in schema.features if field.name not in columns),
        unknown=tuple(cell for cell, name in zip(cells, columns, strict=True) if name is None),
        duplicate=tuple(
            name for name in dict.fromkeys(columns) if name and columns.count(name) > 1
        ),
    )


class ArrowColumn(NamedTuple):
    """One column of an Arrow batch: float64, or dictionary<utf8> over `levels`."""

    name: str
    type: str
    levels: tuple[str, ...]
    nullable: bool


def arrow_columns(schema: CustomerSchema) -> tuple[ArrowColumn, ...]:
    """Return the features as Arrow columns, in order; callers build the pyarrow schema."""
    return tuple(
        ArrowColumn(
            field.name,
            "float64" if field.kind == "number" else "dictionary<utf8>",
            field.levels,
            field.accepts_missing,
        )
        for field in schema.features
    )
