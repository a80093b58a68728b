"""POST /explain: the score of POST /predict, taken apart."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema

Record = dict[str, Any]


@pytest.fixture
def explain(client: FlaskClient) -> Callable[..., TestResponse]:
    return lambda body, **options: client.post("/explain", json=body, **options)


def test_an_explanation_starts_with_the_prediction(
    explain: Callable[..., TestResponse], post: Callable[..., TestResponse], customer: Record
) -> None:
    answer = explain(customer)
    explained, predicted = json.loads(answer.data), json.loads(post(customer).data)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert predicted.items() <= explained.items()
    assert answer.headers["X-Model-Version"] == explained["model_version"]


def test_base_and_contributions_add_up_to_the_logit(
    explain: Callable[..., TestResponse], schema: CustomerSchema
) -> None:
    samples = sample_customers(schema, seed=3)
    for found in json.loads(explain([next(samples) for _ in range(20)]).data):
        shares = [item["contribution"] for item in found["contributions"]]
        assert math.fsum([found["base_logit"], *shares]) == pytest.approx(found["logit"], abs=1e-12)
        assert found["churn_probability"] == pytest.approx(1 / (1 + math.exp(-found["logit"])))
        assert found["base_probability"] == pytest.approx(1 / (1 + math.exp(-found["base_logit"])))
        assert shares == sorted(shares, key=abs, reverse=True)


def test_a_contribution_speaks_the_words_of_the_schema(
    explain: Callable[..., TestResponse], customer: Record
) -> None:
    found = {item["field"]: item for item in json.loads(explain(customer).data)["contributions"]}
    assert found["contract"]["value"] == "month-to-month"
    assert found["contract"]["text"].startswith("Contract is Month-to-month, which ")
    assert found["tenure"]["value"] == 1.0


def test_what_if_changes_one_actionable_field_at_a_time(
    explain: Callable[..., TestResponse],
    post: Callable[..., TestResponse],
    customer: Record,
    schema: CustomerSchema,
) -> None:
    found = {item["field"]: item for item in json.loads(explain(customer).data)["what_if"]}
    assert list(found) == [field.name for field in schema.features if field.actionable]
    contract = found["contract"]["alternatives"]
    assert {item["value"] for item in contract} == {"one_year", "two_year"}
    for item in contract:
        other = json.loads(post(customer | {"contract": item["value"]}).data)
        assert item["churn_probability"] == other["churn_probability"]


def test_what_if_is_worded_as_association(
    explain: Callable[..., TestResponse], customer: Record
) -> None:
    note = json.loads(explain(customer).data)["what_if_note"]
    assert "Associations" in note
    assert "not effects" in note


def test_the_form_of_the_body_is_the_form_of_the_answer(
    explain: Callable[..., TestResponse], customer: Record
) -> None:
    assert json.loads(explain([]).data) == []
    assert len(json.loads(explain([customer, customer]).data)) == 2


def test_more_than_a_hundred_customers_are_not_explained_at_once(
    model_root: Path, make_service: Callable[..., Any], customer: Record
) -> None:
    service = make_service(model_root)
    service.registry.refresh()
    answer = service.client.post("/explain", json=[customer] * 101)
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["type"]) == (413, "/problems/body-too-large")
    assert "at most 100" in problem["detail"]
    assert service.events("prediction.served") == []


def test_bad_customers_are_refused_as_by_predict(
    explain: Callable[..., TestResponse], customer: Record
) -> None:
    answer = explain([customer, customer | {"tenure": -1}])
    (error,) = json.loads(answer.data)["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (
        422, "/1/tenure", "out-of-range",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Content-Type": "text/csv"}, 415), ({"Accept": "text/csv"}, 406)],
)
def test_only_json_is_taken_and_given(
    client: FlaskClient, customer: Record, headers: dict[str, str], status: int
) -> None:
    wanted = {"Content-Type": "application/json"} | headers
    answer = client.post("/explain", data=json.dumps(customer), headers=wanted)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_ignored_fields_are_named(
    model_root: Path, make_service: Callable[..., Any], customer: Record
) -> None:
    service = make_service(model_root, unknown_fields="ignore")
    service.registry.refresh()
    answer = service.client.post("/explain", json=customer | {"shoe": 44})
    assert (answer.status_code, answer.headers["X-Ignored-Fields"]) == (200, "shoe")


def test_a_named_version_explains_itself(
    client: FlaskClient, service: Any, customer: Record
) -> None:
    version = service.registry.champion().version
    answer = client.post(f"/explain?model_version={version}", json=customer)
    assert json.loads(answer.data)["model_version"] == version
    assert client.post("/explain?model_version=nope", json=customer).status_code == 404
