"""What is served: schema, champion, ping, health."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from churn_contract.schema import CustomerSchema


def test_ping_says_pong(client: FlaskClient) -> None:
    answer = client.get("/ping")
    assert (answer.status_code, answer.text) == (200, "PONG")


def test_the_schema_is_the_served_models(client: FlaskClient, schema: CustomerSchema) -> None:
    answer = client.get("/schema")
    assert CustomerSchema.from_json(answer.data) == schema
    assert answer.headers["X-Schema-Digest"] == schema.digest


def test_the_champion_is_described(
    client: FlaskClient, schema: CustomerSchema, service: Any
) -> None:
    facts = client.get("/models/champion").get_json()
    assert facts["version"] == service.registry.champion().version
    assert facts["schema_digest"] == schema.digest
    assert facts["metrics"] == {"auc": 0.85}
    assert facts["training"]["rows"] == 90
    assert (facts["name"], facts["threshold"], facts["horizon_days"]) == ("churn", 0.5, 30)
    assert facts["created"].endswith("Z")


@pytest.mark.parametrize("path", ["/ping", "/schema", "/models/champion", "/score"])
def test_head_works_where_get_does(client: FlaskClient, path: str) -> None:
    answer = client.head(path)
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(client.get(path).data)


@pytest.mark.parametrize("path", ["/ping", "/schema", "/models/champion"])
def test_other_methods_are_405_with_allow(client: FlaskClient, path: str) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_options_tell_the_methods(client: FlaskClient) -> None:
    allowed = client.options("/predict").headers["Allow"]
    assert set(allowed.split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.parametrize("path", ["/ping", "/schema", "/models/champion"])
def test_without_a_model_answers_are_503_with_the_reason(
    tmp_path: Path, make_service: Callable[..., Any], path: str
) -> None:
    empty = make_service(tmp_path)
    empty.registry.refresh()
    answer = empty.client.get(path)
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["type"]) == (503, "/problems/no-model")
    assert "no champion" in problem["detail"]
    assert answer.headers["Retry-After"] == "1"
    assert "X-Model-Version" not in answer.headers


def test_before_the_first_look_the_model_is_being_loaded(
    model_root: Path, make_service: Callable[..., Any]
) -> None:
    fresh = make_service(model_root)
    assert fresh.client.post("/predict", json={}).status_code == 503
    ready = fresh.client.get("/health/ready")
    assert (ready.status_code, ready.get_json()["checks"]) == (
        503,
        {"model": "the model is still being loaded"},
    )
    fresh.registry.refresh()
    assert fresh.client.get("/health/ready").status_code == 200


def test_readiness_names_the_version(client: FlaskClient, service: Any) -> None:
    report = client.get("/health/ready").get_json()
    assert report["champion"]["version"] == service.registry.champion().version
    assert len(report["champion"]["sha256"]) == 64
