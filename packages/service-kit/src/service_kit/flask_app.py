"""The kit in a Flask app: request ids, access log, metrics, problems, health, body limit."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, request

from service_kit.bodies import limit_body
from service_kit.health import HEALTH_PATHS, Health, health_wsgi
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.problems import install_problems
from service_kit.request_record import RequestRecord


def install_kit(
    app: Flask,
    *,
    health: Health,
    metrics: Metrics,
    log: EventLog,
    metric_prefix: str,
    max_body_bytes: int | None = None,
) -> RequestRecord:
    """Give an app everything that every service has; call it before the first request.

    Returns the record of its requests, for those that something beside the app answers.
    Larger bodies than `max_body_bytes` end as 413 when they are read, chunked ones as well.
    """
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    install_problems(app, log)
    record = RequestRecord(metrics, log, metric_prefix)
    app.before_request(record.open)
    app.before_request(lambda: limit_body(max_body_bytes))
    app.after_request(record.close)
    app.after_request(_without_type_of_nothing)
    app.teardown_request(record.forget)
    # health answers even when routing or a view is broken, and stays out of the access log
    app.wsgi_app = _with_health(health_wsgi(health, metrics), app.wsgi_app)  # type: ignore[assignment]  # Flask's way to wrap
    return record


def _without_type_of_nothing(response: Response) -> Response:
    """Take the type of HTML from Flask's answers to OPTIONS, which have no content."""
    if request.method == "OPTIONS":
        response.headers.pop("Content-Type", None)
    return response


def _with_health(health_app: WSGIApplication, app: WSGIApplication) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chosen = health_app if environ.get("PATH_INFO") in HEALTH_PATHS else app
        return chosen(environ, start_response)

    return application
