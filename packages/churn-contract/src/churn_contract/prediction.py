"""What the model says about one customer."""

import msgspec


class Reason(msgspec.Struct, frozen=True, gc=False):
    """How much one field moved one prediction, compared with the average customer.

    Attributes:
        field: Canonical field name.
        value: The customer's value; None when it is missing.
        contribution: Signed, in logit units; above zero raises the probability.
        text: The same in words.
    """

    field: str
    value: float | str | None
    contribution: float
    text: str


class Prediction(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One scored customer; the answer of `POST /predict`.

    Attributes:
        churn_probability: Between 0 and 1.
        churn: Whether the probability reaches the threshold.
        model_version: First twelve hex digits of the model file's sha256.
        threshold: Probability from which `churn` is true.
        customer_id: Echo of the id that was sent; None when there was none.
        reasons: Strongest contributions first; empty unless asked for.
        interval: Ends of the probability, from customers with a like score
            whose outcome was known; None when the model has no such table.
    """

    churn_probability: float
    churn: bool
    model_version: str
    threshold: float
    customer_id: str | None = None
    reasons: tuple[Reason, ...] = ()
    interval: tuple[float, float] | None = None
