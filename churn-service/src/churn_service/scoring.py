"""Scoring: what every route does between reading customers and writing answers."""

from collections.abc import Sequence
from typing import NamedTuple

from churn_contract.prediction import Prediction
from churn_contract.validation import Customer
from churn_service.envelopes.body import CustomerBody
from churn_service.predictor import Predictor
from churn_service.rollout import CanarySource, canary_of
from churn_service.shadow import ShadowScorer
from churn_service.telemetry import PredictionTelemetry
from service_kit.deadline import check_deadline

ROWS_AT_ONCE = 2_000  # some milliseconds of work


class Scored(NamedTuple):
    """Customers, what one version said of them, and which version that was."""

    predictor: Predictor
    customers: Sequence[Customer]
    predictions: Sequence[Prediction]


class Scoring:
    """Score bodies of every form in one way: canary, score, counts, shadow.

    Args:
        canary: Knows the canary and its share.
        telemetry: Counts, times and logs what was asked and answered.
        shadow: Scores again with the versions in shadow, after the answer.
    """

    def __init__(
        self, canary: CanarySource, telemetry: PredictionTelemetry, shadow: ShadowScorer
    ) -> None:
        self._canary = canary
        self._telemetry = telemetry
        self._shadow = shadow

    def score(self, predictor: Predictor, body: CustomerBody, *, pinned: bool = False) -> Scored:
        """Score all customers of a body with one version.

        Args:
            predictor: The version in charge, or the one that was asked for.
            body: The customers.
            pinned: Whether the caller named the version; then no canary answers.
        """
        if not pinned:
            predictor, body = canary_of(self._canary, body) or (predictor, body)
        with self._telemetry.phase("score"):
            predictions = _predictions(predictor, body.customers)
        self._telemetry.served(predictor, body.customers, predictions)
        self._shadow.offer(body, predictions)
        return Scored(predictor, body.customers, predictions)


def _predictions(predictor: Predictor, customers: Sequence[Customer]) -> Sequence[Prediction]:
    """Score in parts; a caller who waits no longer stops the work between two."""
    check_deadline()
    if not isinstance(customers, list) or len(customers) <= ROWS_AT_ONCE:
        return predictor.predict(customers)
    found: list[Prediction] = []
    for start in range(0, len(customers), ROWS_AT_ONCE):
        check_deadline()
        found += predictor.predict(customers[start : start + ROWS_AT_ONCE])
    return found
