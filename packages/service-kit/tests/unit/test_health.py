"""Health: alive, ready and counted, without Flask."""

import json

import pytest
from werkzeug.test import Client

from service_kit.health import Health, health_wsgi
from service_kit.metrics import Metrics


@pytest.fixture
def door(health: Health, metrics: Metrics) -> Client:
    return Client(health_wsgi(health, metrics))


def test_a_process_without_checks_is_live_and_ready(door: Client) -> None:
    assert door.get("/health/live").get_json() == {"status": "live"}
    assert door.get("/health/ready").get_json() == {"status": "ready", "checks": {}}


def test_a_failing_check_is_503_with_its_reason(door: Client, health: Health) -> None:
    health.add_check("model", lambda: "no model yet")
    health.add_check("disk", lambda: None)
    answer = door.get("/health/ready")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.get_json() == {
        "status": "not ready",
        "checks": {"model": "no model yet", "disk": "good"},
    }


def test_a_check_that_raises_makes_the_process_not_ready(door: Client, health: Health) -> None:
    def broken() -> str | None:
        raise OSError("secret path")

    health.add_check("disk", broken)
    checks = door.get("/health/ready").get_json()["checks"]
    assert checks == {"disk": "the check failed with OSError"}


def test_facts_are_shown_beside_the_checks(door: Client, health: Health) -> None:
    health.add_fact("model", lambda: {"version": "v1"})
    assert door.get("/health/ready").get_json()["model"] == {"version": "v1"}


def test_a_draining_process_is_live_but_not_ready(door: Client, health: Health) -> None:
    health.drain()
    assert door.get("/health/ready").get_json()["status"] == "draining"
    assert door.get("/health/live").status_code == 200


def test_metrics_are_served_as_text(door: Client, metrics: Metrics) -> None:
    metrics.counter("shop_sales_total", "Sales.").inc()
    answer = door.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    assert "shop_sales_total 1.0" in answer.text


def test_head_answers_without_a_body(door: Client) -> None:
    answer = door.head("/health/ready")
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0


def test_other_methods_and_paths_are_problems(door: Client) -> None:
    refused = door.post("/health/live")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert json.loads(refused.data)["type"] == "/problems/method-not-allowed"
    lost = door.get("/health")
    assert (lost.status_code, lost.content_type) == (404, "application/problem+json")


def test_what_is_to_be_done_before_the_end_is_done_when_draining_begins() -> None:
    health, done = Health(), []
    health.at_drain(lambda: done.append(health.is_draining()))

    health.drain()

    assert done == [True]
