"""A stand-in for churn-service, and waiting for a condition with a deadline."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from churn_contract.schema import demo_schema
from marketing_service.health_server import HealthServer

WaitUntil = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def wait_until() -> WaitUntil:
    """Give a function that returns the first true value of a condition."""

    def wait(condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 60
        while not (found := condition()):
            assert time.monotonic() < deadline, "the condition never came true"
            threading.Event().wait(0.02)
        return found

    return wait


@pytest.fixture
def churn_url() -> Iterator[str]:
    """Serve the demo schema and a churn probability of one half for everybody."""
    server = HealthServer(_half, "127.0.0.1", 0)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def _half(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    schema = demo_schema()
    body = schema.to_json()
    if environ["PATH_INFO"] == "/predict":
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        body = json.dumps([_prediction(record["customerid"]) for record in asked]).encode()
    headers = [
        ("Content-Length", str(len(body))),
        ("X-Model-Version", "half"),
        ("X-Schema-Digest", schema.digest),
    ]
    start_response("200 OK", headers)
    return [body]


def _prediction(customer_id: str) -> dict[str, object]:
    return {
        "churn_probability": 0.5,
        "churn": True,
        "model_version": "half",
        "threshold": 0.5,
        "customer_id": customer_id,
    }
