"""The fast path against Flask's view: the same bytes, headers, metrics and log lines."""

import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from churn_service.fast_path import LONGEST_BODY
from churn_service.front import EXTENSION, Front
from churn_service.telemetry import PredictionTelemetry

Record = dict[str, object]
JSON = {"Content-Type": "application/json"}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
COUNTED = ("churn_requests_total", "churn_request_seconds_count", "churn_phase_seconds_count",
           "churn_predictions_total", "churn_served_bin_total", "churn_missing_total",
           "churn_unseen_level_total", "churn_failures_total", "churn_in_flight")  # fmt: skip


def front_of(service: object) -> Front:
    front: Front = service.app.extensions[EXTENSION]  # type: ignore[attr-defined]  # the fixture's
    return front


class Pair:
    """Two processes alike, but one has its fast path started."""

    def __init__(self, make_service: Callable[..., object], root: Path) -> None:
        self.plain = make_service(root, max_rows=20)
        self.fast = make_service(root, max_rows=20)
        for service in (self.plain, self.fast):
            service.registry.refresh()  # type: ignore[attr-defined]  # the fixture's
        front_of(self.fast).fast_path.follow()

    def send(self, body: bytes, headers: Mapping[str, object], **options: object) -> None:
        """Send a request to both; their answers must be the same."""
        sent = {"data": body, "headers": headers, "method": "POST", **options}
        path = str(sent.pop("path", "/predict"))
        plain, fast = (each.client.open(path, **sent) for each in (self.plain, self.fast))  # type: ignore[attr-defined]  # the fixture's
        assert plain.status == fast.status
        assert _without_id(plain.data) == _without_id(fast.data)
        differ = "" if headers.get("X-Request-Id") == "a-1" else "X-Request-Id"
        assert _kept(plain.headers, differ) == _kept(fast.headers, differ)
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", fast.headers["X-Request-Id"])

    @property
    def taken(self) -> int:
        """How many requests the fast path answered and has not yet counted."""
        return len(front_of(self.fast).answered)

    def facts(self, service: object) -> tuple[list[str], list[Record]]:
        """Return what metrics and log say, without times and made ids."""
        text = service.metrics.render().decode()  # type: ignore[attr-defined]  # the fixture's
        lines = [line for line in text.splitlines() if line.startswith(COUNTED)]
        events = map(json.loads, service.stream.getvalue().splitlines())  # type: ignore[attr-defined]  # the fixture's
        apart = {"ts", "duration_ms"}
        facts = [{k: v for k, v in event.items() if k not in apart} for event in events]
        return sorted(lines), [fact for fact in facts if fact["event"] != "model.loaded"]


def _kept(headers: object, differ: str) -> list[tuple[str, str]]:
    return sorted((k, v) for k, v in headers.items() if k != differ)  # type: ignore[attr-defined]  # werkzeug's


def _without_id(content: bytes) -> bytes:
    return re.sub(rb'"instance":"[0-9a-f]{32}"', b"", content)


@pytest.fixture
def pair(make_service: Callable[..., object], model_root: Path) -> Pair:
    return Pair(make_service, model_root)


def test_a_usual_customer_gets_the_same_answer_and_leaves_the_same_facts(
    pair: Pair, customer: Record
) -> None:
    ids = {"X-Request-Id": "a-1", "traceparent": TRACE, "X-Key-Id": "demo"}
    bodies = [customer, {**customer, "tenure": 72, "contract": "two_year"}]
    for body in [*bodies, {key: customer[key] for key in customer if key != "customerid"}]:
        pair.send(json.dumps(body).encode(), JSON | ids)
    assert pair.taken == 3
    plain, fast = pair.facts(pair.plain), pair.facts(pair.fast)
    assert pair.taken == 0
    assert plain == fast
    assert len(fast[1]) == 6


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json; charset=utf-8"},
        {"Accept": "*/*"},
        {"Accept": "application/json"},
        {"X-Request-Id": "not one!", "traceparent": "nonsense", "X-Key-Id": "nor this!"},
    ],
)
def test_usual_headers_stay_on_the_fast_path(pair: Pair, customer: Record, headers: Record) -> None:
    pair.send(json.dumps(customer).encode(), JSON | headers)
    assert pair.taken == 1


@pytest.mark.parametrize(
    ("body", "headers", "options"),
    [
        (b"", {}, {}),
        (b"{}", {}, {}),
        (b"[]", {}, {}),
        (b'{"a": NaN}', {}, {}),
        (b"\xff", {}, {}),
        (b"[" * 200, {}, {}),
        (b" " * LONGEST_BODY, {}, {}),
        (b" " * (LONGEST_BODY + 1), {}, {}),
        (None, {"Content-Type": "text/plain"}, {}),
        (None, {"Accept": "text/csv"}, {}),
        (None, {"Accept": "image/png"}, {}),
        (None, {"Prefer": "handling=lenient"}, {}),
        (None, {"Content-Encoding": "br"}, {}),
        (None, {}, {"query_string": "model_version=none"}),
        (None, {}, {"method": "PUT"}),
        (None, {}, {"path": "/predict/"}),
        (None, {}, {"path": "/explain"}),
    ],
)
def test_all_else_is_the_views(
    pair: Pair, customer: Record, body: bytes | None, headers: Record, options: Record
) -> None:
    content = json.dumps(customer).encode() if body is None else body
    pair.send(content, JSON | {"X-Request-Id": "a-1"} | headers, **options)
    assert pair.taken == 0
    assert pair.facts(pair.plain) == pair.facts(pair.fast)


def test_a_raw_spelling_and_a_key_twice_are_the_views(pair: Pair, customer: Record) -> None:
    pair.send(json.dumps({**customer, "gender": "Female"}).encode(), JSON)
    pair.send(json.dumps(customer).encode()[:-1] + b',"tenure":72}', JSON)
    assert pair.taken == 0


def test_a_chunked_body_is_the_views_whole(pair: Pair, customer: Record) -> None:
    body = json.dumps([customer] * 15 + [customer | {"tenure": 72}]).encode()
    spaced = body[:-1] + b" " * LONGEST_BODY + b"]"
    answers = []
    for service in (pair.plain, pair.fast):
        environ = EnvironBuilder(
            "/predict", method="POST", headers=list(JSON.items())
        ).get_environ()
        environ.pop("CONTENT_LENGTH", None)
        environ |= {"wsgi.input": io.BytesIO(spaced), "wsgi.input_terminated": True}
        answers.append(run_wsgi_app(service.app.wsgi_app, environ))  # type: ignore[attr-defined]  # the fixture's
    bodies = [b"".join(content) for content, *_ in answers]
    assert bodies[0] == bodies[1]
    assert len(json.loads(bodies[1])) == 16
    assert pair.taken == 0


def test_a_fault_while_counting_is_logged_and_harms_no_request(
    pair: Pair, customer: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.send(json.dumps(customer).encode(), JSON)
    monkeypatch.setattr(PredictionTelemetry, "count", lambda *_: 1 / 0)
    front_of(pair.fast).answered.work_off()
    (line,) = pair.fast.events("answers.uncounted")  # type: ignore[attr-defined]  # the fixture's
    assert (line["level"], line["error"], line["requests"]) == ("error", "ZeroDivisionError", 1)


def test_another_champion_is_followed(
    make_service: Callable[..., object], publisher: object, document: object, customer: Record
) -> None:
    publisher.publish(document)  # type: ignore[attr-defined]  # the fixture's
    pair = Pair(make_service, publisher.root)  # type: ignore[attr-defined]  # the fixture's
    body = json.dumps(customer).encode()
    pair.send(body, JSON)
    other = publisher.publish(_with_intercept(document, 0.7))  # type: ignore[attr-defined]  # the fixture's
    for service in (pair.plain, pair.fast):
        service.registry.refresh()  # type: ignore[attr-defined]  # the fixture's
    pair.send(body, JSON)
    assert pair.taken == 1
    front_of(pair.fast).fast_path.follow()
    pair.send(body, JSON)
    assert pair.taken == 2
    lines, events = pair.facts(pair.fast)
    assert [event["model_version"] for event in events if "rows" in event].count(other) == 2
    assert lines


def _with_intercept(document: object, intercept: float) -> object:
    card = msgspec.structs.replace(document.scorer, intercept=intercept)  # type: ignore[attr-defined]  # the fixture's
    return msgspec.structs.replace(document, scorer=card)  # type: ignore[type-var]  # the fixture's


def test_without_a_champion_nothing_is_prepared(
    make_service: Callable[..., object], tmp_path: Path, customer: Record
) -> None:
    service = make_service(tmp_path)
    front_of(service).fast_path.follow()
    answer = service.client.post("/predict", json=customer)  # type: ignore[attr-defined]  # the fixture's
    assert answer.status_code == 503
