"""What the model would say if one field of a customer were another.

That is an association in the data of training, no effect: customers who differ in one
field differ in others, too, that no table holds.
"""

import math
from collections.abc import Iterable, Sequence

import msgspec

from churn_contract.cells import Value
from churn_contract.schema import Field, training_range
from churn_contract.validation import Customer
from churn_service.predictor import Predictor

NOTE = (
    "Associations in the data of training, not effects: what happens to a customer when "
    "something is changed is measured by a campaign with a control group."
)
_STEPS = 20  # between the ends of a number's range


class Alternative(msgspec.Struct, frozen=True):
    """One other value of a field, and the probability with it."""

    value: Value
    churn_probability: float


class FieldWhatIf(msgspec.Struct, frozen=True):
    """What another value of one field would mean, all others as they are.

    Attributes:
        field: Canonical field name.
        value: What it is for this customer; None when it is missing.
        churn_probability: The probability as it is.
        alternatives: For a category every other level in the schema's order; for a
            number points along the range of training, and its present value, ascending.
    """

    field: str
    value: Value
    churn_probability: float
    alternatives: tuple[Alternative, ...]


def actionable_fields(features: Iterable[Field]) -> tuple[Field, ...]:
    """Return the fields that the company can change for a customer."""
    return tuple(field for field in features if field.actionable)


def what_if(
    predictor: Predictor, customer: Customer, fields: Iterable[Field] | None = None
) -> list[FieldWhatIf]:
    """Ask for one customer and one field at a time; by default the actionable ones."""
    features = predictor.schema.features
    wanted = actionable_fields(features) if fields is None else tuple(fields)
    return [_one_field(predictor, customer, features.index(field)) for field in wanted]


def _one_field(predictor: Predictor, customer: Customer, place: int) -> FieldWhatIf:
    field, value = predictor.schema.features[place], customer.values[place]
    others = _values(field, value)
    changed = [_with(customer, place, other) for other in others]
    here, *scored = [
        prediction.churn_probability for prediction in predictor.predict([customer, *changed])
    ]
    alternatives = tuple(map(Alternative, others, scored))
    return FieldWhatIf(field.name, value, here, alternatives)


def _with(customer: Customer, place: int, value: Value) -> Customer:
    values = customer.values
    return Customer(customer.customer_id, (*values[:place], value, *values[place + 1 :]))


def _values(field: Field, value: Value) -> Sequence[Value]:
    if field.kind != "number":
        return [level for level in field.levels if level != value]
    points = number_points(*training_range(field))
    return sorted({*points, value} if isinstance(value, float) else points)


def number_points(low: float, high: float) -> set[float]:
    """Return both ends of a range and even steps between them, rounded to be read."""
    step = (high - low) / _STEPS
    whole = low.is_integer() and high.is_integer() and step >= 1
    digits = 0 if whole or step <= 0 else 1 - math.floor(math.log10(step))
    inner = {round(low + step * number, digits) for number in range(1, _STEPS)}
    return {low, high} | {point for point in inner if low < point < high}
