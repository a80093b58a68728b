"""What a foreign model sees of one cell: the number it would be given."""

import math
from collections.abc import Callable

from churn_contract.cells import NO_WORDS, YES_WORDS
from churn_contract.schema import canonical_name
from churn_service.training.content import is_number
from churn_service.training.errors import ForeignModelError
from churn_service.training.imports.found import NAN, Encoded, apply

Value = float | str | None


def number_reader(encoded: Encoded, *, has_levels: bool) -> Callable[[Value], float]:
    """Return the function from a value of the table to the model's number.

    Values are numbers, canonical levels, or None where they are missing.

    Args:
        encoded: How the model reads the column.
        has_levels: Whether the model also knows levels of this column, so that a word
            is no number to it.
    """
    if encoded.levels is not None:
        return _level_reader(encoded)

    def read(value: Value) -> float:
        number = _plain(encoded, value, has_levels=has_levels)
        for operation, operand in encoded.steps:
            number = apply(operation, number, operand)
        return number

    return read


def _level_reader(encoded: Encoded) -> Callable[[Value], float]:
    table = {canonical_name(level): number for level, number in (encoded.levels or {}).items()}

    def read(value: Value) -> float:
        if value is None:
            return _known(encoded, encoded.missing, "a missing value")
        text = _whole(value) if isinstance(value, float) else value
        found = table.get(text)
        return _known(encoded, encoded.other, f"the level {text!r}") if found is None else found

    return read


def _plain(encoded: Encoded, value: Value, *, has_levels: bool) -> float:
    if value is None:
        return NAN if encoded.blank is None else encoded.blank
    if isinstance(value, float) or is_number(value):
        return float(value)
    if encoded.skips_text and has_levels:
        return 0.0
    if value in YES_WORDS | NO_WORDS:
        return float(value in YES_WORDS)
    raise ForeignModelError(
        f"the model reads {encoded.column} as a number, but the table has {value!r}; write the "
        "column as it was when the model was trained"
    )


def _known(encoded: Encoded, number: float | None, what: str) -> float:
    if number is None:
        raise ForeignModelError(
            f"the model refuses {what} in {encoded.column}, which the table has; leave these "
            "rows out of the table, or write them as when the model was trained"
        )
    return number


def _whole(value: float) -> str:
    return str(int(value)) if math.isfinite(value) and value.is_integer() else repr(value)
