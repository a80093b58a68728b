"""The record of requests: bound ids, counters, times, one log line each."""

import os
import re
import time
from collections.abc import Callable, Sequence

from flask import Response, g, request
from prometheus_client import Counter

from churn_contract import headers
from service_kit.logs import EventLog, bind, correlation, unbind
from service_kit.metrics import Metrics

SERVED = "request.served"
_UNMATCHED = "unmatched"
REFUSED = "refused"
_FIRST_FAILURE = 400
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def new_request_id() -> str:
    """Make an id for a request that came without one: 32 hex digits."""
    return os.urandom(16).hex()


def well_formed_id(text: str) -> str:
    """Return an id that came in a header, or nothing when it is none."""
    return text if _ID.fullmatch(text) else ""


def trace_id_of(traceparent: str) -> str:
    """Return the trace id of a W3C trace context, or nothing when it is none."""
    trace = _TRACEPARENT.fullmatch(traceparent)
    return trace[1] if trace else ""


class RequestRecord:
    """Binds the ids of a request, then counts and logs it.

    Args:
        metrics: Gets `<prefix>_requests_total`, `<prefix>_request_seconds`,
            `<prefix>_failures_total` and `<prefix>_in_flight`.
        log: Gets `request.served`.
        prefix: First word of the metrics' names.
    """

    def __init__(self, metrics: Metrics, log: EventLog, prefix: str) -> None:
        self._log = log
        self._clock: Callable[[], float] = time.perf_counter
        self._requests = metrics.counter(
            f"{prefix}_requests_total", "Requests answered.", ["route", "status"]
        )
        self._answered: dict[tuple[str, int], Counter] = {}
        self._seconds = metrics.histogram(
            f"{prefix}_request_seconds", "Time from request to answer.", ["route"]
        )
        self._failures = metrics.counter(
            f"{prefix}_failures_total", "Requests that failed, by type of problem.", ["reason"]
        )
        self._in_flight = metrics.gauge(f"{prefix}_in_flight", "Requests being worked on.")

    def open(self) -> None:
        """Start the clock and bind the ids the gateway sent, or new ones."""
        g.kit_started = self._clock()
        given = request.headers
        bind(
            request_id=well_formed_id(given.get(headers.REQUEST_ID, "")) or new_request_id(),
            trace_id=trace_id_of(given.get(headers.TRACEPARENT, "")),
            key_id=well_formed_id(given.get(headers.KEY_ID, "")),
        )
        self._in_flight.inc()

    def close(self, response: Response) -> Response:
        """Count and log the answer, and write the request id on it."""
        seconds = self._clock() - g.kit_started
        # the rule, never the path: paths may hold customers' ids, and labels must be bounded
        route = request.url_rule.rule if request.url_rule else _UNMATCHED
        self.count(route, response.status_code, (seconds,))
        if response.status_code >= _FIRST_FAILURE:
            self._failures.labels(g.get("kit_failure", "other")).inc()
        self._log.event(
            SERVED,
            method=request.method if request.url_rule else "",
            route=route,
            status=response.status_code,
            duration_ms=milliseconds(seconds),
        )
        response.headers[headers.REQUEST_ID] = correlation().request_id
        return response

    def count(self, route: str, status: int, seconds: Sequence[float]) -> None:
        """Count requests that took so many seconds each."""
        answered = self._answered.get((route, status))
        if answered is None:  # looked up once: labels cost as much as all the rest
            answered = self._answered[route, status] = self._requests.labels(route, status)
        answered.inc(len(seconds))
        self._seconds.labels(route).observe_all(seconds)

    def refused(self, status: int, reason: str, request_id: str, seconds: float) -> None:
        """Count and log a request that was refused before any route was looked for."""
        self.count(REFUSED, status, (seconds,))
        self._failures.labels(reason).inc()
        bind(request_id=request_id)
        duration = milliseconds(seconds)
        self._log.event(SERVED, method="", route=REFUSED, status=status, duration_ms=duration)
        unbind()

    def forget(self, _error: BaseException | None) -> None:
        """Let go of the ids, whatever happened."""
        self._in_flight.dec()
        unbind()


def note_failure(reason: str) -> None:
    """Say what kind of problem the request at hand ends with; for the counter."""
    g.kit_failure = reason


def milliseconds(seconds: float) -> float:
    """Return a duration as log lines tell it."""
    return round(seconds * 1000, 3)
