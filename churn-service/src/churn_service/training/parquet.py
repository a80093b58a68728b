"""Read the columns of a Parquet file as text, as a CSV file would have them."""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any

from churn_service.training.errors import DataError

MAGIC = b"PAR1"


def read_columns(data: bytes) -> tuple[list[str], list[list[str]]]:
    """Return the names and, per column, all cells as text; missing cells are empty.

    Raises:
        DataError: Without pyarrow, or when the file is broken or has nested columns.
    """
    arrow, parquet = _libraries()
    with _readable(arrow):
        table = parquet.ParquetFile(io.BytesIO(data)).read(use_threads=False)
    return list(table.column_names), [
        _cells(name, column, arrow)
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]


def stream_columns(
    file: IO[bytes], most_cells: int
) -> Iterator[tuple[list[str], list[list[str]], int]]:
    """Yield names, cells by column of the next rows, and how many rows there are in all.

    Raises:
        DataError: As of `read_columns`.
    """
    arrow, parquet = _libraries()
    with _readable(arrow):
        source = parquet.ParquetFile(file, pre_buffer=False)
        names, total = source.schema_arrow.names, source.metadata.num_rows
        batches = source.iter_batches(max(most_cells // max(len(names), 1), 1), use_threads=False)
        for batch in batches:
            columns = zip(names, batch.columns, strict=True)
            yield names, [_cells(name, column, arrow) for name, column in columns], total
    if not total:
        yield names, [[] for _ in names], total


@contextmanager
def _readable(arrow: Any) -> Iterator[None]:
    try:
        yield
    except (arrow.ArrowException, OSError, ValueError) as error:
        reason = str(error).split("\n", 1)[0].rstrip(".")
        raise DataError(
            f"is no readable Parquet file ({reason}); is the file complete?", rule="binary-file"
        ) from error


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
