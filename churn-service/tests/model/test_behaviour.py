"""What the model must do for any customer: directions and invariances."""

from typing import Any

import pytest

from churn_contract.validation import Customer
from churn_service.loading import load_predictor
from churn_service.predictor import Predictor
from churn_service.training.trainer import Registration

CUSTOMER = {
    "gender": "female",
    "seniorcitizen": 0,
    "partner": "yes",
    "dependents": "no",
    "phoneservice": "yes",
    "multiplelines": "no",
    "internetservice": "fiber_optic",
    "onlinesecurity": "no",
    "onlinebackup": "no",
    "deviceprotection": "no",
    "techsupport": "no",
    "streamingtv": "no",
    "streamingmovies": "no",
    "contract": "month-to-month",
    "paperlessbilling": "yes",
    "paymentmethod": "electronic_check",
    "tenure": 6,
    "monthlycharges": 75.0,
    "totalcharges": 450.0,
}


@pytest.fixture(scope="module")
def predictor(telco_version: Registration) -> Predictor:
    return load_predictor(telco_version.folder)


def probability(predictor: Predictor, **changes: Any) -> float:
    customer = predictor.validator.check({**CUSTOMER, **changes})
    assert isinstance(customer, Customer)
    return predictor.predict([customer])[0].churn_probability


@pytest.mark.parametrize(
    "safer",
    [
        {"contract": "one_year"},
        {"contract": "two_year"},
        {"tenure": 60},
        {"techsupport": "yes"},
        {"onlinesecurity": "yes"},
        {"paymentmethod": "credit_card_(automatic)"},
    ],
)
def test_what_binds_a_customer_lowers_the_risk(
    predictor: Predictor, safer: dict[str, object]
) -> None:
    assert probability(predictor, **safer) < probability(predictor)


def test_two_years_bind_more_than_one(predictor: Predictor) -> None:
    assert probability(predictor, contract="two_year") < probability(predictor, contract="one_year")


def test_gender_hardly_matters(predictor: Predictor) -> None:
    assert probability(predictor, gender="male") == pytest.approx(probability(predictor), abs=0.03)


def test_raw_and_canonical_spellings_score_alike(predictor: Predictor) -> None:
    assert probability(predictor, contract="Month-to-month") == probability(predictor)


def test_beyond_the_training_range_the_end_counts(predictor: Predictor) -> None:
    assert probability(predictor, tenure=700) == probability(predictor, tenure=72)


def test_a_missing_total_has_a_score_of_its_own(predictor: Predictor) -> None:
    assert 0 < probability(predictor, totalcharges=None, tenure=0) < 1


def test_the_order_of_customers_is_kept(predictor: Predictor) -> None:
    customers = [
        predictor.validator.check({**CUSTOMER, "tenure": months}) for months in (1, 70, 20)
    ]

    together = [prediction.churn_probability for prediction in predictor.predict(customers)]

    alone = [predictor.predict([customer])[0].churn_probability for customer in customers]
    assert together == alone
