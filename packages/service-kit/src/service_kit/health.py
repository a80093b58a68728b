"""Health: is the process alive, may it get work, what does it count; as plain WSGI."""

import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import msgspec

from churn_contract.problem import PROBLEM_MEDIA_TYPE, Problem
from service_kit.metrics import Metrics

Check = Callable[[], str | None]
_Answer = tuple[int, str, bytes]

LIVE_PATH, READY_PATH, METRICS_PATH = "/health/live", "/health/ready", "/metrics"
HEALTH_PATHS = (LIVE_PATH, READY_PATH, METRICS_PATH)


class Health:
    """The checks that stand between a started process and its first request."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._facts: dict[str, Callable[[], object]] = {}
        self._draining = threading.Event()
        self._at_drain: list[Callable[[], None]] = []

    def add_check(self, name: str, check: Check) -> None:
        """Register a quick check; it returns None when good, else the reason."""
        self._checks[name] = check

    def add_fact(self, name: str, fact: Callable[[], object]) -> None:
        """Register something to show beside the checks, as what is loaded; JSON-ready."""
        self._facts[name] = fact

    def drain(self) -> None:
        """Stop being ready, for good: the process is about to end."""
        self._draining.set()
        for call in self._at_drain:
            call()

    def at_drain(self, call: Callable[[], None]) -> None:
        """Register something quick to do when the process is about to end."""
        self._at_drain.append(call)

    def is_draining(self) -> bool:
        """Tell whether the process is about to end."""
        return self._draining.is_set()

    def ready(self) -> tuple[bool, dict[str, object]]:
        """Run the checks; tell whether all are good, and what each one says."""
        reasons = {name: _run(check) for name, check in self._checks.items()}
        draining = self._draining.is_set()
        failing = any(reasons.values())
        status = "draining" if draining else "not ready" if failing else "ready"
        checks = {name: reason or "good" for name, reason in reasons.items()}
        facts = {name: fact() for name, fact in self._facts.items()}
        return status == "ready", {"status": status, "checks": checks, **facts}


def health_wsgi(health: Health, metrics: Metrics) -> WSGIApplication:
    """Build a WSGI callable for the three health paths; all else is 404."""
    routes: dict[str, Callable[[], _Answer]] = {
        LIVE_PATH: lambda: _json(HTTPStatus.OK, {"status": "live"}),
        READY_PATH: lambda: _ready(health),
        METRICS_PATH: lambda: (HTTPStatus.OK, metrics.content_type, metrics.render()),
    }

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        route = routes.get(environ.get("PATH_INFO", ""))
        method = environ.get("REQUEST_METHOD", "GET")
        status, media_type, body = _answer(route, method)
        start_response(f"{status} {HTTPStatus(status).phrase}", _headers(status, media_type, body))
        return [] if method == "HEAD" else [body]

    return application


def _run(check: Check) -> str | None:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a broken check is an answer, not a crash
        return f"the check failed with {type(error).__name__}"


def _ready(health: Health) -> _Answer:
    is_ready, report = health.ready()
    return _json(HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE, report)


def _json(status: HTTPStatus, value: object) -> _Answer:
    return status, "application/json", msgspec.json.encode(value)


def _answer(route: Callable[[], _Answer] | None, method: str) -> _Answer:
    if route is None:
        return _problem(HTTPStatus.NOT_FOUND, "There is nothing at this address.")
    if method not in {"GET", "HEAD"}:
        return _problem(HTTPStatus.METHOD_NOT_ALLOWED, "This address answers GET, HEAD.")
    return route()


def _problem(status: HTTPStatus, detail: str) -> _Answer:
    name = status.phrase.lower().replace(" ", "-")
    problem = Problem(
        type=f"/problems/{name}", title=status.phrase, status=int(status), detail=detail
    )
    return status, PROBLEM_MEDIA_TYPE, problem.to_json()


def _headers(status: int, media_type: str, body: bytes) -> list[tuple[str, str]]:
    headers = [
        ("Content-Type", media_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    extra = {
        HTTPStatus.METHOD_NOT_ALLOWED: ("Allow", "GET, HEAD"),
        HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After", "1"),
    }
    return headers + [value for key, value in extra.items() if key == status]
