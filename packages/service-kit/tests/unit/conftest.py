"""A small app with the whole kit in it."""

import io
import json
from collections.abc import Callable

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from service_kit.flask_app import install_kit
from service_kit.health import Health
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.problems import ServiceError


class TeapotError(ServiceError):
    status, type, title = 418, "teapot", "This is a teapot"


def echo(name: str) -> str:
    return name


def greet() -> str:
    return f"hello {len(request.get_data())}"


def pour() -> str:
    raise TeapotError("Ask for tea.", headers={"X-Tea": "mint"})


def crash() -> str:
    raise KeyError("jane@example.test")


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def events(stream: io.StringIO) -> Callable[[], list[dict[str, object]]]:
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def log(stream: io.StringIO) -> EventLog:
    return EventLog("shop", "1", stream)


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def app(health: Health, metrics: Metrics, log: EventLog) -> Flask:
    app = Flask("shop")
    install_kit(
        app, health=health, metrics=metrics, log=log, metric_prefix="shop", max_body_bytes=100
    )
    app.add_url_rule("/greet/<name>", view_func=echo)
    app.add_url_rule("/greet", view_func=greet, methods=["GET", "POST"])
    app.add_url_rule("/pour", view_func=pour)
    app.add_url_rule("/crash", view_func=crash)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
