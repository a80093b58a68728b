"""Columns back to the values of rows, as the row scorer takes them."""

import math
from collections.abc import Sequence

from churn_contract.cells import Value
from churn_contract.schema import Field
from churn_service.columnar.block import Column, LevelColumn

# Stands for every level that training never saw; no canonical level is blank.
UNSEEN = " "


def value_of(field: Field, column: Column, row: int) -> Value:
    """Return the value of one row."""
    if isinstance(column, LevelColumn):
        return _words(field)[int(column.entries[column.codes[row]])]
    return _number(float(column.numbers[row]))


def values_of(field: Field, column: Column) -> Sequence[Value]:
    """Return the values of all rows."""
    if isinstance(column, LevelColumn):
        words = _words(field)
        known = [words[place] for place in column.entries]
        return [known[code] for code in column.codes.tolist()]
    return list(map(_number, column.numbers.tolist()))


def _words(field: Field) -> tuple[Value, ...]:
    return (*field.levels, UNSEEN, None)


def _number(number: float) -> Value:
    return None if math.isnan(number) else number
