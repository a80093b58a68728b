import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from churn_contract import headers as names
from marketing_service.http_deadline import DeadlineWatch
from marketing_service.http_limits import (
    BreakerOpenError,
    PolicyLimits,
    ReplyTooLargeError,
    UpstreamUnavailableError,
)
from marketing_service.http_policy import Call, HttpPolicy, retry_after_seconds

URL = "http://upstream/predict"
Answer = tuple[int, dict[str, str], bytes] | Exception


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Script(BaseAdapter):
    """A transport that gives its answers in order, the last one for ever."""

    def __init__(self, clock: Clock, *answers: Answer, takes_seconds: float = 0.0) -> None:
        super().__init__()
        self._clock = clock
        self._answers = list(answers)
        self._takes_seconds = takes_seconds
        self.seen: list[requests.PreparedRequest] = []
        self.timeouts: list[Any] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        self.seen.append(request)
        self.timeouts.append(options["timeout"])
        self._clock.now += self._takes_seconds
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer[0]
        response.headers.update(answer[1])
        response.raw = HTTPResponse(io.BytesIO(answer[2]), preload_content=False)
        return response

    def close(self) -> None:
        """Hold nothing."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(clock: Clock) -> Iterator[DeadlineWatch]:
    watch = DeadlineWatch(clock)
    yield watch
    watch.close()


Build = Callable[..., HttpPolicy]


@pytest.fixture
def build(clock: Clock, watch: DeadlineWatch) -> Build:
    def make(script: Script, **options: Any) -> HttpPolicy:
        session = requests.Session()
        session.mount("http://", script)
        limits = PolicyLimits(**options.pop("limits", {}))
        bounds = {"uniform": lambda _low, high: high, **options}
        return HttpPolicy(session, watch, limits, clock=clock, sleep=clock.sleep, **bounds)

    return make


GOOD: Answer = (200, {"X-Model-Version": "v1"}, b"[]")
BUSY: Answer = (503, {}, b"")


def test_a_good_reply_comes_back_whole(build: Build, clock: Clock) -> None:
    reply = build(Script(clock, GOOD)).send(Call("GET", URL))
    assert (reply.status, reply.body, reply.attempts) == (200, b"[]", 1)
    assert reply.headers["x-model-version"] == "v1"


def test_a_refusal_by_the_upstream_is_a_reply_and_not_repeated(build: Build, clock: Clock) -> None:
    script = Script(clock, (422, {}, b"{}"))
    assert build(script).send(Call("POST", URL, b"x")).status == 422
    assert len(script.seen) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_failure_is_repeated(build: Build, clock: Clock, status: int) -> None:
    script = Script(clock, (status, {}, b""), GOOD)
    assert build(script).send(Call("GET", URL)).status == 200
    assert len(script.seen) == 2


def test_a_server_error_is_not_repeated(build: Build, clock: Clock) -> None:
    script = Script(clock, (500, {}, b""))
    assert build(script).send(Call("GET", URL)).status == 500
    assert len(script.seen) == 1


def test_after_three_attempts_the_last_reply_is_given(build: Build, clock: Clock) -> None:
    script = Script(clock, BUSY)
    reply = build(script).send(Call("GET", URL))
    assert (reply.status, reply.attempts, len(script.seen)) == (503, 3, 3)


def test_the_first_retry_waits_too_and_pauses_grow(build: Build, clock: Clock) -> None:
    build(Script(clock, BUSY)).send(Call("GET", URL))
    assert clock.pauses == [0.2, 0.4]


def test_the_jitter_is_drawn_between_the_floor_and_the_step(build: Build, clock: Clock) -> None:
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    build(Script(clock, BUSY), uniform=uniform).send(Call("GET", URL))
    assert drawn == [(0.05, 0.2), (0.05, 0.4)]


def test_retry_after_is_obeyed_inside_the_deadline(build: Build, clock: Clock) -> None:
    script = Script(clock, (503, {"Retry-After": "7"}, b""), GOOD)
    assert build(script).send(Call("GET", URL)).status == 200
    assert clock.pauses == [7.0]


def test_retry_after_beyond_the_deadline_ends_the_call_at_once(build: Build, clock: Clock) -> None:
    script = Script(clock, (503, {"Retry-After": "21600"}, b""))
    assert build(script).send(Call("GET", URL)).status == 503
    assert (len(script.seen), clock.pauses) == (1, [])


@pytest.mark.parametrize(("value", "seconds"), [("3", 3.0), (None, 0.0), ("soon", 0.0)])
def test_retry_after_is_read_in_seconds(value: str | None, seconds: float) -> None:
    assert retry_after_seconds(value) == seconds


def test_a_dead_upstream_is_named_with_cause_and_attempts(build: Build, clock: Clock) -> None:
    script = Script(clock, requests.ConnectionError("Connection refused"))
    with pytest.raises(UpstreamUnavailableError, match=r"connection refused \(3 attempts\)"):
        build(script).send(Call("GET", URL))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ConnectTimeout(), "no connection in time"),
        (requests.ReadTimeout(), "no complete answer in time"),
        (requests.ConnectionError("Failed to resolve"), "host name is unknown"),
        (requests.exceptions.ChunkedEncodingError("cut"), "the connection broke"),
    ],
)
def test_each_transport_failure_has_words(
    build: Build, clock: Clock, error: Exception, words: str
) -> None:
    with pytest.raises(UpstreamUnavailableError, match=words):
        build(Script(clock, error), limits={"attempts": 1}).send(Call("GET", URL))


def test_no_attempt_begins_after_the_deadline(build: Build, clock: Clock) -> None:
    script = Script(clock, requests.ReadTimeout(), takes_seconds=4.0)
    started = clock.now
    with pytest.raises(UpstreamUnavailableError):
        build(script, limits={"deadline_seconds": 8.0}).send(Call("GET", URL))
    assert len(script.seen) == 2
    assert clock.now - started <= 8.3


def test_attempts_tell_the_upstream_how_long_they_wait(build: Build, clock: Clock) -> None:
    script = Script(clock, requests.ReadTimeout(), GOOD, takes_seconds=4.0)
    build(script, limits={"deadline_seconds": 7.0}).send(Call("GET", URL))
    sent = [int(request.headers[names.REQUEST_DEADLINE_MS]) for request in script.seen]
    assert sent[0] == 5000
    assert 2700 <= sent[1] <= 2800
    assert script.timeouts[0] == (1.0, 5.0)


def test_a_write_carries_one_idempotency_key_over_all_attempts(build: Build, clock: Clock) -> None:
    script = Script(clock, BUSY)
    build(script).send(Call("POST", URL, b"x"))
    assert len({request.headers[names.IDEMPOTENCY_KEY] for request in script.seen}) == 1


def test_a_key_of_the_caller_is_kept(build: Build, clock: Clock) -> None:
    script = Script(clock, GOOD)
    build(script).send(Call("POST", URL, b"x", {names.IDEMPOTENCY_KEY: "page-1"}))
    assert script.seen[0].headers[names.IDEMPOTENCY_KEY] == "page-1"


def test_a_read_carries_no_idempotency_key(build: Build, clock: Clock) -> None:
    script = Script(clock, GOOD)
    build(script).send(Call("GET", URL))
    assert names.IDEMPOTENCY_KEY not in script.seen[0].headers


def test_a_failing_upstream_gets_a_tenth_more_requests_at_most(build: Build, clock: Clock) -> None:
    script = Script(clock, BUSY)
    policy = build(script, limits={"breaker_error_rate": 2.0})
    for _ in range(200):
        policy.send(Call("GET", URL))
    assert len(script.seen) <= 200 + 10 + 20


def send_once(policy: HttpPolicy) -> None:
    with contextlib.suppress(BreakerOpenError):
        policy.send(Call("GET", URL))


def test_an_open_breaker_asks_nobody(build: Build, clock: Clock) -> None:
    script = Script(clock, BUSY)
    policy = build(script)
    while not policy.breaker.is_open:
        send_once(policy)
    asked = len(script.seen)
    with pytest.raises(BreakerOpenError):
        policy.send(Call("GET", URL))
    assert len(script.seen) == asked
    assert policy.breaker.is_open


def test_a_refusal_by_the_upstream_does_not_open_the_breaker(build: Build, clock: Clock) -> None:
    policy = build(Script(clock, (404, {}, b"")))
    for _ in range(40):
        policy.send(Call("GET", URL))
    assert not policy.breaker.is_open


def test_a_reply_beyond_the_limit_is_refused(build: Build, clock: Clock) -> None:
    script = Script(clock, (200, {}, b"x" * 11))
    with pytest.raises(ReplyTooLargeError, match="longer than 10 bytes"):
        build(script, limits={"max_reply_bytes": 10}).send(Call("GET", URL))


def test_every_attempt_is_observed_with_its_result(build: Build, clock: Clock) -> None:
    seen: list[tuple[str, float]] = []
    script = Script(clock, requests.ReadTimeout(), BUSY, GOOD, takes_seconds=0.5)
    build(script, observe=lambda *row: seen.append(row)).send(Call("GET", URL))
    assert seen == [("error", 0.5), ("5xx", 0.5), ("2xx", 0.5)]


def test_a_call_that_finds_no_free_connection_says_so(build: Build, clock: Clock) -> None:
    policy = build(Script(clock, GOOD), limits={"deadline_seconds": 0.01, "max_concurrent": 1})
    policy._slots.acquire()
    with pytest.raises(UpstreamUnavailableError, match="busy"):
        policy.send(Call("GET", URL))
