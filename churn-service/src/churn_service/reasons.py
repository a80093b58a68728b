"""Why a customer got this score, in the words of the schema."""

from collections.abc import Sequence

from churn_contract.forms import in_words, title
from churn_contract.prediction import Reason
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer


def strongest_reasons(
    schema: CustomerSchema, customer: Customer, shares: Sequence[float], top: int
) -> tuple[Reason, ...]:
    """Return the `top` contributions that move the score most, strongest first.

    Args:
        schema: Names, levels and units of the features.
        customer: The scored customer.
        shares: Signed contribution of each feature, in logit units.
        top: How many at most; contributions of zero are none.
    """
    ranked = sorted(
        zip(schema.features, customer.values, shares, strict=True),
        key=lambda item: -abs(item[2]),
    )
    return tuple(
        Reason(
            field=field.name,
            value=value,
            contribution=share,
            text=reason_text(field, value, share),
        )
        for field, value, share in ranked[:top]
        if share
    )


def reason_text(field: Field, value: float | str | None, contribution: float) -> str:
    """Return a reason in the words of the schema."""
    effect = "raises" if contribution > 0 else "lowers"
    return f"{title(field)} is {value_in_words(field, value)}, which {effect} the risk"


def value_in_words(field: Field, value: float | str | None) -> str:
    """Return a value as a person would write it, a number with its unit."""
    if value is None:
        return "not given"
    if isinstance(value, str):
        return _level_in_words(field, value)
    return f"{value:.12g} {field.unit}".rstrip()


def _level_in_words(field: Field, level: str) -> str:
    """Return a level as the form offers it."""
    if field.is_zero_one:
        return "Yes" if level == "1" else "No"
    raw = dict(zip(field.levels, field.raw_levels, strict=False))
    return raw[level] if level in raw else in_words(level)
