"""Problems: every error is problem+json, and tells nothing of the inside."""

import io
import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from churn_contract.problem import FieldError
from service_kit.problems import ServiceError, problem_of, problem_response

Events = Callable[[], list[dict[str, object]]]


def test_a_service_error_becomes_its_problem(client: FlaskClient) -> None:
    answer = client.get("/pour", headers={"X-Request-Id": "r-1"})
    assert answer.status_code == 418
    assert answer.content_type == "application/problem+json"
    assert answer.headers["X-Tea"] == "mint"
    assert json.loads(answer.data) == {
        "type": "/problems/teapot",
        "title": "This is a teapot",
        "status": 418,
        "detail": "Ask for tea.",
        "instance": "r-1",
    }


def test_field_errors_are_listed(app: Flask) -> None:
    error = ServiceError("x", errors=[FieldError("/age", "age", "null", "age may not be null.")])
    with app.app_context():
        body = json.loads(problem_response(error).data)
    assert body["errors"] == [
        {"pointer": "/age", "field": "age", "code": "null", "detail": "age may not be null."}
    ]


def test_an_error_without_words_shows_its_title() -> None:
    assert str(ServiceError()) == ServiceError.title


@pytest.mark.parametrize("path", ["/nowhere", "/greet/", "//greet", "/greet//x"])
def test_an_unknown_address_is_404_and_never_html(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert json.loads(answer.data)["type"] == "/problems/not-found"


def test_a_wrong_method_is_405_with_the_allowed_ones(client: FlaskClient) -> None:
    answer = client.delete("/greet")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    body = json.loads(answer.data)
    assert body["type"] == "/problems/method-not-allowed"
    assert body["detail"] == "This address answers GET, HEAD, OPTIONS, POST."


def test_an_unexpected_error_is_500_without_its_message(
    client: FlaskClient, events: Events, stream: io.StringIO
) -> None:
    answer = client.get("/crash")
    assert answer.status_code == 500
    assert json.loads(answer.data)["type"] == "/problems/internal-error"
    assert b"jane" not in answer.data
    assert "jane" not in stream.getvalue()
    failed = next(event for event in events() if event["event"] == "request.failed")
    assert failed["error"] == "KeyError"
    assert failed["request_id"] == answer.headers["X-Request-Id"]


def test_a_body_over_the_limit_is_413(client: FlaskClient) -> None:
    answer = client.post("/greet", data=b"x" * 101)
    assert answer.status_code == 413
    assert json.loads(answer.data)["type"] == "/problems/body-too-large"


def test_an_http_error_without_a_code_counts_as_500() -> None:
    assert problem_of(HTTPException()).status == 500
