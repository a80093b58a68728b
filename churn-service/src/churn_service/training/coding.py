"""Columns as small whole numbers: one code per level, or per quantile bin of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn_contract.cells import Value
from churn_contract.schema import Field

BINS = 20
MISSING = 0

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class CodedColumn:
    """One feature in codes; code 0 is a missing value.

    Attributes:
        field: The feature.
        codes: Code of each row's level, or of its number's bin.
        groups: Number of codes, the missing one included.
        numbers: The numbers themselves, NaN missing; None for levels.
        values: The value of each code; () for numbers.
    """

    field: Field
    codes: Codes
    groups: int
    numbers: NDArray[np.float64] | None = None
    values: tuple[Value, ...] = ()

    @property
    def name(self) -> str:
        """The column's name as the file has it."""
        return self.field.raw or self.field.name


def code_column(field: Field, values: Sequence[Value]) -> CodedColumn:
    """Return a feature in codes."""
    if field.kind == "number":
        numbers = np.array([np.nan if value is None else value for value in values], np.float64)
        return _binned(field, numbers)
    known: dict[Value, int] = {None: MISSING}
    codes = np.array([known.setdefault(value, len(known)) for value in values], np.intp)
    return CodedColumn(field, codes, len(known), values=tuple(known))


def _binned(field: Field, numbers: NDArray[np.float64]) -> CodedColumn:
    """Give every number its own code when there are few, else one per quantile bin."""
    present = numbers[~np.isnan(numbers)]
    edges = np.unique(present)
    if len(edges) > BINS:
        cuts = np.quantile(present, np.linspace(0, 1, BINS + 1)[1:-1])
        heavy = cuts[1:][np.diff(cuts) == 0]  # a value of many rows, as 0 often is, is a bin alone
        edges = np.unique([*cuts, *np.nextafter(heavy, np.inf)])
    codes = np.searchsorted(edges, numbers, side="right") + 1
    codes[np.isnan(numbers)] = MISSING
    return CodedColumn(field, codes, len(edges) + 2, numbers)
