"""Made-up customers that fit a schema, for load tests, examples and property tests."""

import random
from collections.abc import Iterator

from churn_contract.schema import CustomerSchema, Field, training_range

_MISSING_SHARE = 0.05


def sample_customers(schema: CustomerSchema, seed: int) -> Iterator[dict[str, object]]:
    """Yield valid customers without end; the same seed gives the same ones.

    Names are canonical and values JSON-ready. Numbers stay in the training range,
    levels are equally likely: the customers are valid, not typical.
    """
    source = random.Random(seed)  # noqa: S311  # load, not secrets
    number = 0
    while True:
        number += 1
        record: dict[str, object] = {} if schema.id is None else {schema.id: f"sample-{number}"}
        record |= {field.name: _sample(field, source) for field in schema.features}
        yield record


def _sample(field: Field, source: random.Random) -> object:
    if field.accepts_missing and source.random() < _MISSING_SHARE:
        return None
    share = source.random()
    if field.kind == "number":
        return _number(*training_range(field), share)
    level = field.levels[int(share * len(field.levels))]
    return int(level) if field.is_zero_one else level


def _number(low: float, high: float, share: float) -> float:
    value = low + (high - low) * share
    return int(value) if low.is_integer() and high.is_integer() else round(value, 2)
