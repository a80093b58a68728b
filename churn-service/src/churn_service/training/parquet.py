"""Read the columns of a Parquet file as text, as a CSV file would have them."""

import io
import math
from importlib import import_module
from typing import Any

from churn_service.training.errors import DataError

MAGIC = b"PAR1"


def read_columns(data: bytes) -> tuple[list[str], list[list[str]]]:
    """Return the names and, per column, all cells as text; missing cells are empty.

    Raises:
        DataError: Without pyarrow, or when the file is broken or has nested columns.
    """
    arrow, parquet = _libraries()
    try:
        table = parquet.ParquetFile(io.BytesIO(data)).read(use_threads=False)
    except (arrow.ArrowException, OSError, ValueError) as error:
        reason = str(error).split("\n", 1)[0].rstrip(".")
        raise DataError(
            f"is no readable Parquet file ({reason}); is the file complete?", rule="binary-file"
        ) from error
    return list(table.column_names), [
        _cells(name, column, arrow)
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]


def _libraries() -> tuple[Any, Any]:
    try:  # only this kind of file needs the extra
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise DataError(
            "is a Parquet file, which needs pyarrow; install churn-service with its extra: "
            "churn-service[parquet], or export the table as CSV",
            rule="parquet-missing",
        ) from error


def _cells(name: str, column: Any, arrow: Any) -> list[str]:
    kind = column.type
    if arrow.types.is_nested(kind) or arrow.types.is_binary(kind):
        raise DataError(
            f"column {name!r} holds {kind}, which has no text; leave it out", rule="binary-file"
        )
    if arrow.types.is_floating(kind):
        return _number_cells(column)
    if arrow.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    known: dict[str | None, str] = {None: ""}
    texts = column.cast(arrow.string()).to_pylist()
    return [known.setdefault(cell, (cell or "").strip()) for cell in texts]


def _number_cells(column: Any) -> list[str]:
    """Spell numbers so that they read back equal; NaN is a missing cell."""
    return [
        "" if cell is None or math.isnan(cell) else repr(float(cell)) for cell in column.to_pylist()
    ]
