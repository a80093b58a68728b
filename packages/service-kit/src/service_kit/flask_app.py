"""The kit in a Flask app: request ids, access log, metrics, problems, health, body limit."""

import re
import secrets
import time
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, g, request

from churn_contract import headers
from service_kit.bodies import limit_body
from service_kit.health import HEALTH_PATHS, Health, health_wsgi
from service_kit.logs import EventLog, bind, correlation, unbind
from service_kit.metrics import Metrics
from service_kit.problems import install_problems

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def install_kit(
    app: Flask,
    *,
    health: Health,
    metrics: Metrics,
    log: EventLog,
    metric_prefix: str,
    max_body_bytes: int | None = None,
) -> None:
    """Give an app everything that every service has; call it before the first request.

    Larger bodies than `max_body_bytes` end as 413 when they are read, chunked ones as well.
    """
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    install_problems(app, log)
    record = _RequestRecord(metrics, log, metric_prefix)
    app.before_request(record.open)
    app.before_request(lambda: limit_body(max_body_bytes))
    app.after_request(record.close)
    app.teardown_request(record.forget)
    # health answers even when routing or a view is broken, and stays out of the access log
    app.wsgi_app = _with_health(health_wsgi(health, metrics), app.wsgi_app)  # type: ignore[assignment]  # Flask's way to wrap


def new_request_id() -> str:
    """Make an id for a request that came without one: 32 hex digits."""
    return secrets.token_hex(16)


class _RequestRecord:
    """Binds the ids of a request, then counts and logs it."""

    def __init__(self, metrics: Metrics, log: EventLog, prefix: str) -> None:
        self._log = log
        self._clock: Callable[[], float] = time.perf_counter
        self._requests = metrics.counter(
            f"{prefix}_requests_total", "Requests answered.", ["route", "status"]
        )
        self._seconds = metrics.histogram(
            f"{prefix}_request_seconds", "Time from request to answer.", ["route"]
        )
        self._in_flight = metrics.gauge(f"{prefix}_in_flight", "Requests being worked on.")

    def open(self) -> None:
        """Start the clock and bind the ids the gateway sent, or new ones."""
        g.kit_started = self._clock()
        trace = _TRACEPARENT.fullmatch(request.headers.get(headers.TRACEPARENT, ""))
        bind(
            request_id=_well_formed(headers.REQUEST_ID) or new_request_id(),
            trace_id=trace[1] if trace else "",
            key_id=_well_formed(headers.KEY_ID),
        )
        self._in_flight.inc()

    def close(self, response: Response) -> Response:
        """Count and log the answer, and write the request id on it."""
        seconds = self._clock() - g.kit_started
        # the rule, never the path: paths may hold customers' ids, and labels must be bounded
        route = request.url_rule.rule if request.url_rule else "unmatched"
        self._requests.labels(route, response.status_code).inc()
        self._seconds.labels(route).observe(seconds)
        self._log.event(
            "request.served",
            method=request.method if request.url_rule else "",
            route=route,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 3),
        )
        response.headers[headers.REQUEST_ID] = correlation().request_id
        return response

    def forget(self, _error: BaseException | None) -> None:
        """Let go of the ids, whatever happened."""
        self._in_flight.dec()
        unbind()


def _well_formed(header: str) -> str:
    text = request.headers.get(header, "")
    return text if _ID.fullmatch(text) else ""


def _with_health(health_app: WSGIApplication, app: WSGIApplication) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chosen = health_app if environ.get("PATH_INFO") in HEALTH_PATHS else app
        return chosen(environ, start_response)

    return application
