"""Logs: one JSON line per fact."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service_kit.logs import EventLog, bind, bound, correlation, unbind, utc_now

NOON = datetime(2026, 1, 2, 12, 0, 0, 5000, tzinfo=UTC)


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> EventLog:
    return EventLog("shop", "1.2", stream, lambda: NOON)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_time_level_and_origin(
    log: EventLog, stream: io.StringIO
) -> None:
    log.event("door.opened", width=3, path=Path("a/b"))
    assert lines(stream) == [
        {
            "ts": "2026-01-02T12:00:00.005Z",
            "level": "info",
            "event": "door.opened",
            "service": "shop",
            "version": "1.2",
            "width": 3,
            "path": "a/b",
        }
    ]


def test_bound_ids_are_on_every_line_until_unbound(log: EventLog, stream: io.StringIO) -> None:
    bind(request_id="r1", trace_id="t1", key_id="k1")
    log.event("one")
    unbind()
    log.event("two")
    one, two = lines(stream)
    assert (one["request_id"], one["trace_id"], one["key_id"]) == ("r1", "t1", "k1")
    assert "request_id" not in two


def test_a_block_gives_back_the_ids_it_found() -> None:
    with bound(request_id="outer"):
        with bound(request_id="inner"):
            assert correlation().request_id == "inner"
        assert correlation().request_id == "outer"
    assert correlation().request_id == ""


def test_a_failure_names_class_and_places_but_not_the_message(
    log: EventLog, stream: io.StringIO
) -> None:
    try:
        int("jane@example.test")
    except ValueError as error:
        log.failure("request.failed", error, route="/x")
    (line,) = lines(stream)
    assert (line["level"], line["error"], line["route"]) == ("error", "ValueError", "/x")
    assert "test_logs.py" in str(line["places"])
    assert "jane" not in stream.getvalue()


def test_a_line_break_in_a_value_stays_inside_its_line(log: EventLog, stream: io.StringIO) -> None:
    log.event("odd", text="a\nb")
    assert lines(stream)[0]["text"] == "a\nb"


def test_the_clock_tells_utc() -> None:
    assert utc_now().tzinfo is UTC
