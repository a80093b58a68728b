"""What other values would mean, as rows of a table or as points of a curve."""

from collections.abc import Iterable
from typing import NamedTuple

from churn_contract.forms import title
from churn_contract.schema import CustomerSchema, Field
from churn_service.reasons import value_in_words
from churn_service.what_if import Alternative, FieldWhatIf

WIDTH, HEIGHT = 300.0, 100.0  # of the curve, in units of its drawing


class Choice(NamedTuple):
    """One level: its words, its probability, and how far that is from the present one."""

    words: str
    percent: float
    change: float
    is_present: bool


class Curve(NamedTuple):
    """A number's range: points to draw, and where the customer is; None when unknown."""

    points: str
    present: tuple[float, float] | None
    low: str
    high: str


class WhatIfView(NamedTuple):
    """One field: rows for every value that was asked about, and a curve for a number."""

    name: str
    label: str
    present: str
    choices: tuple[Choice, ...]
    curve: Curve | None
    lowest: Choice


def views_of(schema: CustomerSchema, found: Iterable[FieldWhatIf]) -> list[WhatIfView]:
    """Put answers into words and drawings, in their order."""
    return [_view(schema.field(answer.field), answer) for answer in found]


def _view(field: Field, answer: FieldWhatIf) -> WhatIfView:
    choices = tuple(_choice(field, answer, other) for other in _all_values(field, answer))
    return WhatIfView(
        name=field.name,
        label=title(field),
        present=value_in_words(field, answer.value),
        choices=choices,
        curve=_curve(field, answer) if field.kind == "number" else None,
        lowest=min(choices, key=lambda choice: choice.percent),
    )


def _all_values(field: Field, answer: FieldWhatIf) -> list[Alternative]:
    """Return the present value among the others: in its place, or first when it has none."""
    here = Alternative(answer.value, answer.churn_probability)
    found = [here, *(other for other in answer.alternatives if other.value != answer.value)]
    return sorted(found, key=lambda other: _place(field, other))


def _place(field: Field, other: Alternative) -> float:
    if isinstance(other.value, float):
        return other.value
    return field.levels.index(other.value) if other.value in field.levels else float("-inf")


def _choice(field: Field, answer: FieldWhatIf, other: Alternative) -> Choice:
    return Choice(
        words=value_in_words(field, other.value),
        percent=100 * other.churn_probability,
        change=100 * (other.churn_probability - answer.churn_probability),
        is_present=other.value == answer.value,
    )


def _curve(field: Field, answer: FieldWhatIf) -> Curve:
    points = [
        (other.value, other.churn_probability)
        for other in answer.alternatives
        if isinstance(other.value, float)
    ]
    low, high = points[0][0], points[-1][0]
    width = high - low or 1.0
    placed = [(_across(value, low, width), _down(chance)) for value, chance in points]
    present = None
    if isinstance(answer.value, float):
        present = (_across(answer.value, low, width), _down(answer.churn_probability))
    return Curve(
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in placed),
        present=present,
        low=value_in_words(field, low),
        high=value_in_words(field, high),
    )


def _across(value: float, low: float, width: float) -> float:
    return round(WIDTH * (value - low) / width, 1)


def _down(chance: float) -> float:
    return round(HEIGHT * (1 - chance), 1)
