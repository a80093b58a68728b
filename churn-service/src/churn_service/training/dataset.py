"""Customers with known outcome, as values and as a matrix."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import CustomerSchema
from churn_contract.validation import Customer
from churn_service.training.findings import Finding
from churn_service.training.table import Table

Matrix = NDArray[Any]
Labels = NDArray[np.int64]
Weights = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Dataset:
    """Customers with known outcome, in the order of the file.

    `keys` decide the split: the id, or a hash of the row where there is none.
    `weights` says how many customers each row stands for; empty means one each.
    `monthly_value` is what each customer pays a month (NaN: not known), where the
    training file names its column.
    """

    table: Table
    schema: CustomerSchema
    customers: tuple[Customer, ...]
    keys: tuple[str, ...]
    churned: Labels
    findings: tuple[Finding, ...]
    weights: Weights = dataclasses.field(default_factory=lambda: np.empty(0))
    monthly_value: Weights | None = None

    def __post_init__(self) -> None:
        if not self.weights.size:
            object.__setattr__(self, "weights", np.ones(len(self.customers)))

    def matrix(self, rows: Rows | None = None) -> Matrix:
        """Return the values of these rows (default: all) for the pipeline."""
        return self._everybody if rows is None else self._everybody[rows]

    @cached_property
    def _everybody(self) -> Matrix:
        """The matrix of all customers; read-only, since every reader shares it."""
        matrix = to_matrix(self.schema, self.customers)
        matrix.flags.writeable = False
        return matrix


@dataclass(frozen=True)
class PackedMatrix:
    """A matrix as numbers, for another process: a tenth of the bytes, read at once.

    One row per feature: its numbers, or the places of its levels among `levels`.
    """

    numbers: NDArray[np.float64]
    levels: tuple[tuple[str, ...], ...]

    def unpacked(self) -> Matrix:
        """Return the matrix of before."""
        matrix = np.empty(self.numbers.shape[::-1], dtype=object)
        for index, (column, levels) in enumerate(zip(self.numbers, self.levels, strict=True)):
            names = np.array(levels, dtype=object)
            matrix[:, index] = names[column.astype(np.intp)] if levels else column.astype(object)
        return matrix


def packed(schema: CustomerSchema, matrix: Matrix) -> PackedMatrix:
    """Return the matrix of `to_matrix` as numbers."""
    numbers, levels = np.empty(matrix.shape[::-1]), []
    for index, field in enumerate(schema.features):
        cells = matrix[:, index].tolist()
        names = () if field.kind == "number" else tuple(sorted(set(cells)))
        places = {name: place for place, name in enumerate(names)}
        numbers[index] = [places[cell] for cell in cells] if names else cells
        levels.append(names)
    return PackedMatrix(numbers, tuple(levels))


def to_matrix(schema: CustomerSchema, customers: Sequence[Customer]) -> Matrix:
    """Return one row per customer: numbers (NaN missing) and levels ("" missing)."""
    matrix = np.empty((len(customers), len(schema.features)), dtype=object)
    for index, field in enumerate(schema.features):
        missing: float | str = float("nan") if field.kind == "number" else ""
        column = [customer.values[index] for customer in customers]
        matrix[:, index] = [missing if value is None else value for value in column]
    return matrix
