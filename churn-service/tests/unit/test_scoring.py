"""Scoring in parts: the same predictions, and an end when nobody waits any more."""

import time
from collections.abc import Sequence
from typing import cast

import pytest

from churn_contract.prediction import Prediction
from churn_contract.validation import Customer
from churn_service.predictor import Predictor
from churn_service.scoring import ROWS_AT_ONCE, _predictions
from service_kit.deadline import DeadlinePassedError, ends_at

CUSTOMERS = [Customer(str(number), (number / 1e4,)) for number in range(2 * ROWS_AT_ONCE + 7)]


def _prediction(customer: Customer) -> Prediction:
    return Prediction(
        churn_probability=float(customer.values[0] or 0),
        churn=False,
        model_version="v",
        threshold=0.5,
    )


class Counting:
    """A predictor that remembers how many customers it was given at a time."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def predict(self, customers: Sequence[Customer]) -> list[Prediction]:
        self.given.append(len(customers))
        return [_prediction(each) for each in customers]


def test_many_customers_are_scored_in_parts_and_in_order() -> None:
    counting = Counting()
    found = _predictions(cast("Predictor", counting), CUSTOMERS)
    assert [each.churn_probability for each in found] == [each.values[0] for each in CUSTOMERS]
    assert counting.given == [ROWS_AT_ONCE, ROWS_AT_ONCE, 7]


def test_a_deadline_that_passes_meanwhile_stops_the_work() -> None:
    counting = Counting()
    whole = counting.predict

    def slow(customers: Sequence[Customer]) -> list[Prediction]:
        while time.monotonic() <= deadline:
            pass
        return whole(customers)

    counting.predict = slow  # type: ignore[method-assign]  # this one takes its time
    deadline = time.monotonic() + 0.01
    with ends_at(deadline), pytest.raises(DeadlinePassedError):
        _predictions(cast("Predictor", counting), CUSTOMERS)
    assert counting.given == [ROWS_AT_ONCE]


def test_few_customers_are_scored_at_once() -> None:
    counting = Counting()
    _predictions(cast("Predictor", counting), CUSTOMERS[:3])
    assert counting.given == [3]
