"""Good input to POST /predict: the right number, in the right form."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from churn_contract.schema import CustomerSchema
from churn_contract.validation import Validator
from churn_service.artefact.document import ModelDocument
from churn_service.scorer.compilation import compile_scorer
from churn_service.scorer.scorecard import sigmoid

Record = dict[str, Any]
Post = Callable[..., TestResponse]


@pytest.fixture
def probability(document: ModelDocument, customer: Record) -> float:
    values = Validator(document.schema).check(customer).values
    return sigmoid(compile_scorer(document)(values))


def test_one_customer_gets_one_prediction(
    post: Post, customer: Record, probability: float, service: Any
) -> None:
    answer = post(customer)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert json.loads(answer.data) == {
        "churn_probability": probability,
        "churn": probability >= 0.5,
        "model_version": service.registry.champion().version,
        "threshold": 0.5,
        "customer_id": "7590-vhveg",
    }


def test_without_an_id_none_comes_back(post: Post, customer: Record) -> None:
    del customer["customerid"]
    assert "customer_id" not in json.loads(post(customer).data)


def test_an_array_gets_an_array_in_the_same_order(post: Post, customer: Record) -> None:
    body = [customer | {"customerid": str(number), "tenure": number} for number in range(20)]
    predictions = json.loads(post(body).data)
    assert [item["customer_id"] for item in predictions] == [str(n) for n in range(20)]
    assert len({item["churn_probability"] for item in predictions}) == 20


def test_an_empty_array_gets_an_empty_array(post: Post) -> None:
    answer = post([])
    assert (answer.status_code, answer.data) == (200, b"[]")


def test_an_array_of_one_stays_an_array(post: Post, customer: Record) -> None:
    assert len(json.loads(post([customer]).data)) == 1


def test_the_spelling_of_the_file_scores_the_same(
    post: Post, customer: Record, probability: float, schema: CustomerSchema
) -> None:
    raw = {schema.field(name).raw or name: value for name, value in customer.items()}
    raw |= {"Contract": "Month-to-month", "gender": "Female", "PaymentMethod": "Electronic check"}
    answer = json.loads(post(raw).data)
    assert set(raw) != set(customer)
    assert answer["churn_probability"] == probability


@pytest.mark.parametrize("zero", [0, 0.0, False, "0"])
def test_a_0_1_field_takes_numbers_and_booleans(
    post: Post, customer: Record, probability: float, zero: object
) -> None:
    answer = json.loads(post(customer | {"seniorcitizen": zero}).data)
    assert answer["churn_probability"] == probability


def test_null_in_a_field_with_a_blank_value_scores_as_in_training(
    post: Post, customer: Record
) -> None:
    blank = json.loads(post(customer | {"totalcharges": None}).data)
    zero = json.loads(post(customer | {"totalcharges": 0}).data)
    assert blank == zero


def test_answers_name_request_model_and_schema(
    post: Post, customer: Record, service: Any, schema: CustomerSchema
) -> None:
    for body in (customer, {}):
        answer = post(body, X_Request_Id="r-9")
        assert answer.headers["X-Request-Id"] == "r-9"
        assert answer.headers["X-Model-Version"] == service.registry.champion().version
        assert answer.headers["X-Schema-Digest"] == schema.digest


def test_unknown_fields_are_ignored_and_named_when_so_set(
    model_root: Path, make_service: Callable[..., Any], customer: Record
) -> None:
    lenient = make_service(model_root, unknown_fields="ignore")
    lenient.registry.refresh()
    odd = customer | {"shoe size": 44, "Zürich": 1, "x" * 200: 2}
    answer = lenient.client.post("/predict", json=[customer, odd])
    assert answer.status_code == 200
    names = answer.headers["X-Ignored-Fields"].split(", ")
    assert names == ["Z%C3%BCrich", "shoe%20size", "x" * 64]
    assert "X-Ignored-Fields" not in lenient.client.post("/predict", json=customer).headers
    refused = lenient.client.post("/predict", json=customer | {"churn": "yes"})
    assert refused.status_code == 422


def test_predictions_are_counted_and_logged_without_values(
    post: Post, customer: Record, service: Any
) -> None:
    answer = json.loads(post([customer, customer]).data)
    decision = "churn" if answer[0]["churn"] else "stay"
    counted = f'churn_predictions_total{{decision="{decision}",model_version='
    assert [line[-4:] for line in service.metric_lines(counted)] == [" 2.0"]
    (event,) = service.events("prediction.served")
    assert (event["rows"], event["model_version"]) == (2, answer[0]["model_version"])
    assert len(service.metric_lines("churn_phase_seconds_count")) == 4
    assert service.metric_lines('churn_requests_total{route="/predict",status="200"}')
    assert service.metric_lines('churn_request_seconds_count{route="/predict"}')
    assert service.metric_lines("churn_in_flight") == ["churn_in_flight 0.0"]
    assert "7590" not in service.stream.getvalue()


def test_refusals_are_logged_with_type_and_count(post: Post, service: Any) -> None:
    post({})
    (event,) = service.events("prediction.refused")
    assert (event["problem"], event["phase"]) == ("invalid-customers", "validate")
    assert event["wrong_fields"] == 19
