"""The kit in an app: ids, access log, metrics, body limit."""

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from service_kit.health import Health
from service_kit.logs import correlation
from service_kit.metrics import Metrics

Events = Callable[[], list[dict[str, object]]]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_request_id_is_taken_over(client: FlaskClient) -> None:
    assert client.get("/greet", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == (
        "abc-1"
    )


@pytest.mark.parametrize("sent", [None, "a b", "x" * 65, "<script>", ""])
def test_a_missing_or_odd_request_id_is_replaced(client: FlaskClient, sent: str | None) -> None:
    headers = {} if sent is None else {"X-Request-Id": sent}
    assert re.fullmatch(
        "[0-9a-f]{32}", client.get("/greet", headers=headers).headers["X-Request-Id"]
    )


def test_the_access_log_names_the_route_and_the_ids(client: FlaskClient, events: Events) -> None:
    client.get(
        "/greet/jane",
        headers={
            "X-Request-Id": "r1",
            "X-Key-Id": "k1",
            "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
        },
    )
    (event,) = events()
    assert event["event"] == "request.served"
    assert (event["method"], event["route"], event["status"]) == ("GET", "/greet/<name>", 200)
    assert (event["request_id"], event["key_id"], event["trace_id"]) == ("r1", "k1", TRACE)
    assert isinstance(event["duration_ms"], float)


def test_a_path_never_reaches_log_or_labels(
    client: FlaskClient, stream: io.StringIO, metrics: Metrics
) -> None:
    client.get("/nowhere/jane@example.test", headers={"traceparent": "00-odd"})
    assert "jane" not in stream.getvalue()
    assert 'shop_requests_total{route="unmatched",status="404"} 1.0' in metrics.render().decode()


def test_requests_are_counted_and_timed(client: FlaskClient, metrics: Metrics) -> None:
    client.get("/greet/a")
    client.get("/greet/b")
    text = metrics.render().decode()
    assert 'shop_requests_total{route="/greet/<name>",status="200"} 2.0' in text
    assert 'shop_request_seconds_count{route="/greet/<name>"} 2.0' in text
    assert "shop_in_flight 0.0" in text


def test_ids_do_not_leak_into_the_next_request(client: FlaskClient) -> None:
    client.get("/crash", headers={"X-Key-Id": "k1"})
    assert correlation().key_id == ""


def test_an_answer_to_options_is_no_page(client: FlaskClient) -> None:
    answer = client.options("/greet")
    assert (answer.status_code, answer.data, answer.content_type) == (200, b"", None)
    assert client.get("/greet").content_type is not None


def test_health_and_metrics_are_answered_in_front_of_the_app(
    client: FlaskClient, health: Health, events: Events
) -> None:
    health.add_check("model", lambda: "not yet")
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 503
    assert client.get("/metrics").status_code == 200
    assert events() == []
