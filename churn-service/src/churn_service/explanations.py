"""Explanations: how each field moved one score, and what it would be with another value."""

import msgspec

from churn_contract.prediction import Reason
from churn_contract.validation import Customer
from churn_service.predictor import Predictor
from churn_service.what_if import NOTE, FieldWhatIf, what_if


class Explanation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One customer's score, taken apart; the answer of `POST /explain`.

    `base_logit` and the contributions add up to `logit`: to 1e-12 for a scorecard,
    to 1e-9 for trees (Shapley values along their paths) and blends.

    Attributes:
        churn_probability: The same as `POST /predict` gives, to the bit.
        churn: Whether it reaches the threshold.
        model_version: The version that scored and explains.
        threshold: Probability from which `churn` is true.
        base_logit: Mean raw score of the training customers.
        base_probability: The probability of that raw score.
        logit: The customer's raw score, before it is made a probability.
        contributions: All fields that move the score, strongest first.
        what_if: The actionable fields with other values.
        what_if_note: How these are to be read.
        customer_id: Echo of the id that was sent.
        interval: Ends of the probability, when the model knows them.
    """

    churn_probability: float
    churn: bool
    model_version: str
    threshold: float
    base_logit: float
    base_probability: float
    logit: float
    contributions: tuple[Reason, ...]
    what_if: tuple[FieldWhatIf, ...]
    what_if_note: str
    customer_id: str | None = None
    interval: tuple[float, float] | None = None


def explain(predictor: Predictor, customer: Customer) -> Explanation:
    """Take one customer's score apart."""
    prediction = predictor.explain(customer, top=len(predictor.schema.features))
    return Explanation(
        churn_probability=prediction.churn_probability,
        churn=prediction.churn,
        model_version=prediction.model_version,
        threshold=prediction.threshold,
        base_logit=predictor.base_logit,
        base_probability=predictor.probability(predictor.base_logit),
        logit=predictor.logit(customer),
        contributions=prediction.reasons,
        what_if=tuple(what_if(predictor, customer)),
        what_if_note=NOTE,
        customer_id=prediction.customer_id,
        interval=prediction.interval,
    )
