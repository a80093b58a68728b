"""Two versions on the same held-out rows: what each says of customers both can score."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from churn_contract.errors import InvalidCustomersError
from churn_contract.schema import CustomerSchema
from churn_contract.validation import Customer, Validator
from churn_service.predictor import Predictor
from churn_service.training.paired import Floats, Labels


@dataclass(frozen=True)
class HeldOut:
    """Customers that neither version learned from, and whether they left.

    Attributes:
        schema: The schema the customers' values are in the order of.
        customers: The held-out customers.
        churned: 1 for each that left.
        data_sha256: The hash of the table they come from.
        weights: How many customers each row stands for; empty means one each.
    """

    schema: CustomerSchema
    customers: Sequence[Customer]
    churned: Labels
    data_sha256: str
    weights: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if not self.weights.size:
            object.__setattr__(self, "weights", np.ones(len(self.customers)))


@dataclass(frozen=True)
class Contest:
    """Both versions' probabilities on the rows that both can score."""

    schema: CustomerSchema
    candidate: Floats
    champion: Floats
    churned: Labels
    weights: Floats
    customers: Sequence[Customer]
    refused: int


def hold_contest(candidate: Predictor, champion: Predictor, held_out: HeldOut) -> Contest:
    """Let both versions score the held-out rows; those that one refuses are counted."""
    ours = translated(candidate, held_out.schema, held_out.customers)
    theirs = translated(champion, held_out.schema, held_out.customers)
    pairs = enumerate(zip(ours, theirs, strict=True))
    both = np.array([index for index, pair in pairs if None not in pair], dtype=np.intp)
    return Contest(
        schema=held_out.schema,
        candidate=_scores(candidate, [ours[index] for index in both]),
        champion=_scores(champion, [theirs[index] for index in both]),
        churned=held_out.churned[both],
        weights=held_out.weights[both],
        customers=[held_out.customers[index] for index in both],
        refused=len(ours) - len(both),
    )


def translated(
    predictor: Predictor, schema: CustomerSchema, customers: Sequence[Customer]
) -> list[Customer | None]:
    """Return customers of another schema in a version's own; None for those it refuses."""
    validator = Validator(predictor.schema, unknown_fields="ignore")
    names = [feature.name for feature in schema.features]
    unknown = {feature.name: "" for feature in predictor.schema.features if feature.accepts_missing}
    return [_checked(validator, names, unknown, customer) for customer in customers]


def _scores(predictor: Predictor, customers: Sequence[Customer | None]) -> Floats:
    known = [customer for customer in customers if customer is not None]
    return np.array([p.churn_probability for p in predictor.predict(known)], dtype=np.float64)


def _checked(
    validator: Validator, names: list[str], unknown: dict[str, str], customer: Customer
) -> Customer | None:
    given = {name: _cell(value) for name, value in zip(names, customer.values, strict=True)}
    cells = unknown | given
    try:
        return validator.check_text(cells)
    except InvalidCustomersError:
        return None


def _cell(value: float | str | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.17g}"
