"""Bad input to POST /predict, row by row: exact status, problem type and named fields."""

import io
import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from churn_contract.schema import CustomerSchema

Record = dict[str, Any]
Change = Callable[[Record], object]
Post = Callable[..., TestResponse]


class Case(NamedTuple):
    """One bad body: how it is made, and what the answer must say."""

    name: str
    body: Change
    status: int
    problem: str
    fields: dict[str, str]


def with_(**changes: object) -> Change:
    return lambda record: record | changes


def without(*names: str) -> Change:
    return lambda record: {key: value for key, value in record.items() if key not in names}


def text(before: str, after: str) -> Change:
    """Change the JSON text itself, for what no Python value can say."""
    return lambda record: json.dumps(record).replace(before, after).encode()


def raw(body: bytes) -> Change:
    return lambda _: body


def missing(schema_fields: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(schema_fields, "missing")


INVALID, BROKEN = "invalid-customers", "malformed-body"
REFUSED = [
    Case("required field missing", without("tenure"), 422, INVALID, {"tenure": "missing"}),
    Case(
        "two required fields missing",
        without("tenure", "contract"),
        422,
        INVALID,
        {"tenure": "missing", "contract": "missing"},
    ),
    Case("quoted number", with_(tenure="1"), 422, INVALID, {"tenure": "wrong-type"}),
    Case("true for a number", with_(tenure=True), 422, INVALID, {"tenure": "wrong-type"}),
    Case("number for a category", with_(contract=12), 422, INVALID, {"contract": "wrong-type"}),
    Case("2 for 0/1", with_(seniorcitizen=2), 422, INVALID, {"seniorcitizen": "wrong-type"}),
    Case("null", with_(tenure=None), 422, INVALID, {"tenure": "null"}),
    Case("null level", with_(contract=None), 422, INVALID, {"contract": "null"}),
    Case("NaN", text('"tenure": 1', '"tenure": NaN'), 400, BROKEN, {}),
    Case("Infinity", text('"tenure": 1', '"tenure": Infinity'), 400, BROKEN, {}),
    Case("-Infinity", text('"tenure": 1', '"tenure": -Infinity'), 400, BROKEN, {}),
    Case("1e400", text('"tenure": 1', '"tenure": 1e400'), 422, INVALID, {"tenure": "out-of-range"}),
    Case("1e308", text('"tenure": 1', '"tenure": 1e308'), 422, INVALID, {"tenure": "out-of-range"}),
    Case("negative", with_(tenure=-1000), 422, INVALID, {"tenure": "out-of-range"}),
    Case("too large", with_(tenure=100_000), 422, INVALID, {"tenure": "out-of-range"}),
    Case("unknown level", with_(contract="weekly"), 422, INVALID, {"contract": "unknown-level"}),
    Case("extra key", with_(shoesize=44), 422, INVALID, {"shoesize": "unknown-field"}),
    Case("outcome sent", with_(churn="yes"), 422, INVALID, {"churn": "unknown-field"}),
    Case(
        "duplicate key",
        text('"tenure": 1', '"tenure": 1, "tenure": 72'),
        400,
        BROKEN,
        {},
    ),
    Case("one field in two spellings", with_(Tenure=72), 422, INVALID, {"tenure": "duplicate"}),
    Case(
        "wrapped customer",
        lambda record: {"customer": record},
        422,
        INVALID,
        {"": "wrong-shape"},
    ),
    Case("null body", raw(b"null"), 422, INVALID, {"": "wrong-shape"}),
    Case("number body", raw(b"5"), 422, INVALID, {"": "wrong-shape"}),
    Case("text body", raw(b'"customer"'), 422, INVALID, {"": "wrong-shape"}),
    Case("array of numbers", raw(b"[1]"), 422, INVALID, {"": "wrong-shape"}),
    Case("malformed", raw(b'{"tenure": }'), 400, BROKEN, {}),
    Case("empty", raw(b""), 400, BROKEN, {}),
    Case("blanks", raw(b" \n"), 400, BROKEN, {}),
    Case("byte order mark", lambda r: b"\xef\xbb\xbf" + json.dumps(r).encode(), 400, BROKEN, {}),
    Case("trailing text", lambda r: json.dumps(r).encode() + b" x", 400, BROKEN, {}),
    Case("bad UTF-8", raw(b'{"gender": "\xff\xfe"}'), 400, BROKEN, {}),
    Case("lone surrogate", text("female", "\\ud800"), 400, BROKEN, {}),
    Case("100,000 brackets", raw(b"[" * 100_000), 400, BROKEN, {}),
    Case("deep unknown value", text('"tenure": 1', f'"x": {"[" * 40_000}1'), 400, BROKEN, {}),
    Case("long integer", text('"tenure": 1', f'"tenure": {"9" * 5_000}'), 422, INVALID,
         {"tenure": "out-of-range"}),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_bad_input_is_refused_and_named(case: Case, post: Post, customer: Record) -> None:
    answer = post(case.body(customer))
    problem = json.loads(answer.data)
    assert answer.status_code == case.status
    assert answer.content_type == "application/problem+json"
    assert (problem["type"], problem["status"]) == (f"/problems/{case.problem}", case.status)
    found = {error["field"]: error["code"] for error in problem.get("errors", [])}
    assert found == case.fields
    assert problem["instance"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_row_of_an_array_is_refused_with_its_number(
    case: Case, post: Post, customer: Record
) -> None:
    body = case.body(customer)
    bad = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = post(b"[" + json.dumps(customer).encode() + b"," + bad + b"]")
    problem = json.loads(answer.data)
    assert answer.status_code in {case.status, 400}
    pointers = [error["pointer"] for error in problem.get("errors", [])]
    assert all(pointer.startswith("/1") for pointer in pointers)


@pytest.mark.parametrize("body", [{}, {"foo": 1, "bar": 2}], ids=["empty", "only unknown keys"])
def test_an_empty_customer_gets_one_error_per_field(
    body: Record, post: Post, schema: CustomerSchema
) -> None:
    answer = post(body)
    errors = {error["field"]: error["code"] for error in json.loads(answer.data)["errors"]}
    features = {field.name for field in schema.features}
    assert answer.status_code == 422
    assert errors == missing(features) | dict.fromkeys(body, "unknown-field")


def test_the_limits_of_a_number_are_told(post: Post, customer: Record) -> None:
    (error,) = json.loads(post(customer | {"tenure": -1000}).data)["errors"]
    assert error["pointer"] == "/tenure"
    assert "from 0 to 792" in error["detail"]


def test_the_allowed_levels_are_told(post: Post, customer: Record) -> None:
    (error,) = json.loads(post(customer | {"contract": "weekly"}).data)["errors"]
    assert "month-to-month, one_year, two_year" in error["detail"]


def test_a_quoted_number_gets_a_hint(post: Post, customer: Record) -> None:
    (error,) = json.loads(post(customer | {"tenure": "1"}).data)["errors"]
    assert "quotes" in error["detail"]


def test_the_expected_shape_is_told(post: Post) -> None:
    (error,) = json.loads(post(b"5").data)["errors"]
    assert "an object" in error["detail"]
    assert "an array" in error["detail"]


@pytest.mark.parametrize(
    ("body", "offset"),
    [(b'{"tenure": }', 11), (b"", 0), (b"\xef\xbb\xbf{}", 0), (b"{} x", 3), (b'{"a": "\xff"}', 7)],
)
def test_a_broken_body_gets_its_byte_offset(post: Post, body: bytes, offset: int) -> None:
    assert f"(byte {offset})" in json.loads(post(body).data)["detail"]


@pytest.mark.parametrize("value", ["weekly", "jane@example.test", "<script>"])
def test_no_value_comes_back_or_is_logged(
    post: Post, customer: Record, value: str, service: Any
) -> None:
    odd = customer | {"contract": value, "customerid": "secret-id-77", "tenure": 4711.5}
    answer = post(odd, X_Request_Id="r-1")  # one of its own could hold 4711 by chance
    assert answer.status_code == 422
    for told in (answer.text, service.stream.getvalue()):
        assert value not in told
        assert "secret-id-77" not in told
        assert "4711" not in told


def test_a_hundred_errors_are_listed_and_all_are_counted(post: Post) -> None:
    problem = json.loads(post([{}] * 10).data)
    assert len(problem["errors"]) == 100
    assert problem["detail"] == "190 errors; the first 100 are listed. Nothing was scored."


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", FORM, "multipart/form-data; boundary=x", "odd",
     "application/json; charset=latin-1", "text/html"],
)  # fmt: skip
def test_a_wrong_content_type_is_415_with_the_types_taken(
    client: FlaskClient, customer: Record, content_type: str | None
) -> None:
    answer = client.post("/predict", data=json.dumps(customer), content_type=content_type)
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["type"]) == (415, "/problems/unsupported-media-type")
    assert answer.headers["Accept-Post"].startswith("application/json, application/x-ndjson")
    assert "application/json" in problem["detail"]
    assert ("curl" in problem["detail"]) == (content_type == FORM)


def test_a_coded_body_is_415_with_the_cure(post: Post, customer: Record) -> None:
    answer = post(customer, Content_Encoding="br")
    assert answer.status_code == 415
    assert "without Content-Encoding" in json.loads(answer.data)["detail"]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json; charset="utf-8"'],
)
def test_json_in_utf8_is_taken_however_it_is_spelled(
    client: FlaskClient, customer: Record, content_type: str
) -> None:
    answer = client.post("/predict", data=json.dumps(customer), content_type=content_type)
    assert answer.status_code == 200


def test_an_answer_nobody_takes_is_406_with_the_types(post: Post, customer: Record) -> None:
    answer = post(customer, Accept="text/html")
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["type"]) == (406, "/problems/not-acceptable")
    assert "application/json" in problem["detail"]


@pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html, application/json;q=0.1"])
def test_wide_accept_headers_are_served(post: Post, customer: Record, accept: str) -> None:
    assert post(customer, Accept=accept).status_code == 200


def test_a_body_over_the_limit_is_413(post: Post) -> None:
    answer = post(b" " * 110_001)
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["type"]) == (413, "/problems/body-too-large")


class Endless(io.RawIOBase):
    """A chunked body that never ends."""

    def read(self, size: int = -1) -> bytes:
        return b" " * size


def test_a_chunked_body_over_the_limit_is_413(client: FlaskClient) -> None:
    environ = {"wsgi.input": Endless(), "wsgi.input_terminated": True}
    headers = {"Content-Type": "application/json"}
    answer = client.post("/predict", headers=headers, environ_overrides=environ)
    assert answer.status_code == 413
    assert json.loads(answer.data)["type"] == "/problems/body-too-large"


def test_too_many_customers_are_413_with_the_limit(post: Post, customer: Record) -> None:
    answer = post([customer] * 21)
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["type"]) == (413, "/problems/body-too-large")
    assert "at most 20 are allowed" in problem["detail"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_405_with_allow(client: FlaskClient, method: str) -> None:
    answer = client.open("/predict", method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "OPTIONS, POST"
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    ["/", "/nowhere", "/predict/", "//predict", "/models/", "/PREDICT"],
)
def test_unknown_addresses_are_404_and_never_html(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert json.loads(answer.data)["type"] == "/problems/not-found"
