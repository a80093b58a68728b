"""Write columns to a file block by block: CSV, or Parquet where pyarrow is installed."""

import csv
import importlib
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
NUMBERS = frozenset({
    "month", "SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges", "known_after_days",
})  # fmt: skip
"""Columns that Parquet keeps as numbers, though the public table spells them."""


class ParquetMissingError(Exception):
    """Parquet was asked for and pyarrow is not installed; the message says the cure."""


class Sink(Protocol):
    """A file that grows by blocks of equally long columns."""

    def write(self, columns: dict[str, Column]) -> None:
        """Append a block."""

    def __enter__(self) -> Self:
        """Open the file."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""


def open_sink(path: Path, header: list[str]) -> Sink:
    """Return the writer that fits the ending of a path, `.csv` or `.parquet`.

    Raises:
        ParquetMissingError: Parquet without pyarrow.
    """
    return ParquetSink(path) if path.suffix == ".parquet" else CsvSink(path, header)


class CsvSink:
    """Text with commas, the header at once."""

    def __init__(self, path: Path, header: list[str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(header)

    def write(self, columns: dict[str, Column]) -> None:
        """Append a block of rows."""
        texts = (values.tolist() for values in columns.values())
        self._writer.writerows(zip(*texts, strict=True))

    def __enter__(self) -> Self:
        """Give the sink itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()


class ParquetSink:
    """Columns with types, one row group per block.

    Raises:
        ParquetMissingError: pyarrow is not installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            # by name: an optional extra
            self._arrow: Any = importlib.import_module("pyarrow")
            self._parquet: Any = importlib.import_module("pyarrow.parquet")
        except ModuleNotFoundError:
            raise ParquetMissingError(
                "Parquet needs pyarrow: install marketing-service[parquet], or write CSV"
            ) from None
        self._path = path
        self._writer: Any = None

    def write(self, columns: dict[str, Column]) -> None:
        """Append a row group; blank numbers become nulls."""
        table = self._arrow.table({name: _typed(name, cells) for name, cells in columns.items()})
        if self._writer is None:
            self._writer = self._parquet.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)

    def __enter__(self) -> Self:
        """Give the sink itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()


def _typed(name: str, cells: Column) -> Any:
    if name not in NUMBERS or cells.dtype.kind != "U":
        return cells
    blank = np.char.strip(cells) == ""
    numbers = np.where(blank, "nan", cells).astype(np.float64)
    return [None if empty else value for value, empty in zip(numbers, blank, strict=True)]
