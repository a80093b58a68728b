"""The record of requests that no view ever saw."""

from collections.abc import Callable

from service_kit.logs import EventLog, correlation
from service_kit.metrics import Metrics
from service_kit.request_record import RequestRecord, trace_id_of, well_formed_id


def test_a_refusal_is_counted_apart_and_logged_with_its_id(
    metrics: Metrics, log: EventLog, events: Callable[[], list[dict[str, object]]]
) -> None:
    RequestRecord(metrics, log, "shop").refused(503, "overloaded", "a-1", 0.0015)
    text = metrics.render().decode()
    assert 'shop_requests_total{route="refused",status="503"} 1.0' in text
    assert 'shop_failures_total{reason="overloaded"} 1.0' in text
    (line,) = events()
    assert (line["event"], line["status"], line["duration_ms"]) == ("request.served", 503, 1.5)
    assert line["request_id"] == "a-1"
    assert correlation().request_id == ""


def test_ids_that_are_none_are_nothing() -> None:
    assert (well_formed_id("a-1"), well_formed_id("a b")) == ("a-1", "")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert trace_id_of(f"00-{trace}-00f067aa0ba902b7-01") == trace
    assert trace_id_of(f"01-{trace}-00f067aa0ba902b7-01") == ""
