"""One policy for calls to other services: deadline, retries, breaker, limits.

`requests` alone has no default timeout, no total deadline and no retry budget. A
call made here ends in time whatever the other side does, and a failing upstream
gets at most a tenth more requests, so that retries cannot keep it down.
"""

import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import requests

from churn_contract import headers as names
from marketing_service.http_deadline import DeadlineWatch
from marketing_service.http_limits import (
    Breaker,
    PolicyLimits,
    ReplyTooLargeError,
    RetryBudget,
    UpstreamUnavailableError,
)

RETRYABLE_STATUSES = frozenset({429, 502, 503, 504})
CHUNK_BYTES = 65_536


@dataclass(frozen=True)
class Reply:
    """A complete answer: status, headers and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int = 1


@dataclass(frozen=True)
class Call:
    """One request as its caller states it; the same for every attempt."""

    method: str
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpPolicy:
    """Make calls to one upstream under one set of limits.

    Args:
        session: From `watched_session`, or one with a test's adapter.
        watch: Cuts attempts that are over; the watch of the session.
        limits: The numbers.
        clock: Monotonic seconds.
        sleep: Waits for some seconds; may return early when the process stops.
        uniform: Random number between two bounds, for the jitter.
        observe: Told the result word and the seconds of every attempt.
    """

    def __init__(
        self,
        session: requests.Session,
        watch: DeadlineWatch,
        limits: PolicyLimits | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        uniform: Callable[[float, float], float] = random.uniform,  # noqa: S311 - jitter is no secret
        observe: Callable[[str, float], None] = lambda _result, _seconds: None,
    ) -> None:
        self._session = session
        self._watch = watch
        self._limits = limits or PolicyLimits()
        self._clock = clock
        self._sleep = sleep
        self._uniform = uniform
        self._observe = observe
        self._slots = threading.BoundedSemaphore(self._limits.max_concurrent)
        self._budget = RetryBudget(self._limits.retry_burst, self._limits.retry_share)
        self.breaker = Breaker(self._limits, clock)

    def send(self, call: Call) -> Reply:
        """Make a call; return the reply, whatever its status.

        The request must be one that may be repeated: a read, or a write whose
        server honours the Idempotency-Key that is added here.

        Raises:
            UpstreamUnavailableError: No reply in time; says what happened.
            ReplyTooLargeError: The reply is longer than the limit.
        """
        ends_at = self._clock() + self._limits.deadline_seconds
        call = _with_idempotency_key(call)
        if not self._slots.acquire(timeout=self._limits.deadline_seconds):
            raise UpstreamUnavailableError("all connections stayed busy until the deadline")
        try:
            self._budget.deposit()
            return self._send_in_slot(call, ends_at)
        finally:
            self._slots.release()

    def _send_in_slot(self, call: Call, ends_at: float) -> Reply:
        number = 1
        while True:
            outcome = self._attempt(call, ends_at, number)
            pause = self._pause_before_retry(outcome, number, ends_at)
            if pause is None:
                return _reply_or_raise(outcome, number)
            self._sleep(pause)
            number += 1

    def _attempt(
        self, call: Call, ends_at: float, number: int
    ) -> Reply | requests.RequestException:
        """Try once; return the reply or the transport's failure."""
        self.breaker.admit()
        started = self._clock()
        stops_at = min(ends_at, started + self._limits.attempt_seconds)
        outcome: Reply | requests.RequestException
        is_success, result = False, "error"
        try:
            outcome = self._exchange(call, stops_at, number)
            is_success, result = outcome.status < 500, f"{outcome.status // 100}xx"
        except requests.RequestException as error:
            outcome = error
        finally:
            self.breaker.record(is_success=is_success)
            self._observe(result, self._clock() - started)
        return outcome

    def _exchange(self, call: Call, stops_at: float, number: int) -> Reply:
        left = max(stops_at - self._clock(), 0.001)
        sent = {**call.headers, names.REQUEST_DEADLINE_MS: str(max(1, int(left * 1000)))}
        with (
            self._watch.attempt(stops_at) as guard,
            self._session.request(
                call.method,
                call.url,
                data=call.body,
                headers=sent,
                timeout=(min(self._limits.connect_seconds, left), left),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            body = self._read(response)
            if guard.expired:  # a body without a length looks whole when it was cut
                raise requests.Timeout("the attempt was cut at its deadline")
            return Reply(response.status_code, response.headers, body, number)

    def _read(self, response: requests.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(CHUNK_BYTES):
            size += len(part)
            if size > self._limits.max_reply_bytes:
                raise ReplyTooLargeError(
                    f"the reply is longer than {self._limits.max_reply_bytes} bytes"
                )
            parts.append(part)
        return b"".join(parts)

    def _pause_before_retry(
        self, outcome: Reply | requests.RequestException, number: int, ends_at: float
    ) -> float | None:
        """Return the seconds to wait before the next attempt; None ends the call."""
        if isinstance(outcome, Reply) and outcome.status not in RETRYABLE_STATUSES:
            return None
        if number >= self._limits.attempts:
            return None
        cap = min(self._limits.backoff_cap_seconds, 0.1 * 2**number)
        pause = self._uniform(self._limits.backoff_floor_seconds, cap)
        if isinstance(outcome, Reply):
            pause = max(pause, retry_after_seconds(outcome.headers.get("Retry-After")))
        if self._clock() + pause >= ends_at or not self._budget.withdraw():
            return None
        return pause


def retry_after_seconds(value: str | None) -> float:
    """Read the seconds of a Retry-After header; 0 when it names none."""
    return float(value) if value is not None and value.strip().isdecimal() else 0.0


def _with_idempotency_key(call: Call) -> Call:
    if call.method == "GET" or names.IDEMPOTENCY_KEY in call.headers:
        return call
    keyed = {**call.headers, names.IDEMPOTENCY_KEY: str(uuid.uuid4())}
    return Call(call.method, call.url, call.body, keyed)


def _reply_or_raise(outcome: Reply | requests.RequestException, number: int) -> Reply:
    if isinstance(outcome, Reply):
        return outcome
    attempts = "1 attempt" if number == 1 else f"{number} attempts"
    raise UpstreamUnavailableError(f"{_cause(outcome)} ({attempts})") from outcome


def _cause(error: requests.RequestException) -> str:
    """Say in words what the transport met; addresses stay out."""
    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout):
        return "no complete answer in time"
    text = str(error)
    if "refused" in text:
        return "connection refused"
    if "resolve" in text:
        return "its host name is unknown"
    return "the connection broke"
