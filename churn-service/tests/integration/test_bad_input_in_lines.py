"""Bad input to POST /predict as JSON Lines and CSV, case by case, strict and lenient.

The cases are those of `test_bad_input`, which sends them as JSON. The bad customer is the
second of three, so that its place can be wrong.
"""

import csv
import io
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Record = dict[str, Any]
LINES, CSV = "application/x-ndjson", "text/csv"
BROKEN = "malformed-body"


class Wrong(NamedTuple):
    """One error that an answer must name."""

    pointer: str
    field: str
    code: str


def at(field: str, code: str) -> tuple[Wrong, ...]:
    return (Wrong(f"/1/{field}", field, code),)


def with_(**changes: object) -> Callable[[Record], Record]:
    return lambda record: record | changes


def without(name: str) -> Callable[[Record], Record]:
    return lambda record: {key: value for key, value in record.items() if key != name}


def line(before: str, after: str) -> Callable[[Record], str]:
    return lambda record: json.dumps(record).replace(before, after)


def text(line_of_text: str) -> Callable[[Record], str]:
    return lambda _: line_of_text


MISSING = at("tenure", "missing")
SHAPE = (Wrong("/1", "", "wrong-shape"),)
# name, the bad customer or its line, what is wrong with it; None where no value can be read
LINE_CASES: dict[str, tuple[Callable[[Record], Record | str], tuple[Wrong, ...] | None]] = {
    "required field missing": (without("tenure"), MISSING),
    "quoted number": (with_(tenure="1"), at("tenure", "wrong-type")),
    "true for a number": (with_(tenure=True), at("tenure", "wrong-type")),
    "number for a category": (with_(contract=12), at("contract", "wrong-type")),
    "2 for 0/1": (with_(seniorcitizen=2), at("seniorcitizen", "wrong-type")),
    "null": (with_(tenure=None), at("tenure", "null")),
    "NaN": (line('"tenure": 1', '"tenure": NaN'), None),
    "Infinity": (line('"tenure": 1', '"tenure": Infinity'), None),
    "1e400": (line('"tenure": 1', '"tenure": 1e400'), at("tenure", "out-of-range")),
    "1e308": (with_(tenure=1e308), at("tenure", "out-of-range")),
    "negative": (with_(tenure=-1000), at("tenure", "out-of-range")),
    "unknown level": (with_(contract="weekly"), at("contract", "unknown-level")),
    "extra key": (with_(shoesize=44), at("shoesize", "unknown-field")),
    "outcome sent": (with_(churn="yes"), at("churn", "unknown-field")),
    "duplicate key": (line('"tenure": 1', '"tenure": 1, "tenure": 72'), None),
    "two spellings": (with_(Tenure=72), (Wrong("/1/Tenure", "tenure", "duplicate"),)),
    "wrapped": (lambda record: {"customer": record}, SHAPE),
    "null line": (text("null"), SHAPE),
    "number": (text("5"), SHAPE),
    "array": (lambda record: json.dumps([record]), SHAPE),
    "two on one line": (lambda record: f"{json.dumps(record)},{json.dumps(record)}", None),
    "half": (text('{"tenure": '), None),
    "byte order mark": (lambda record: "\ufeff" + json.dumps(record), None),
    "trailing text": (lambda record: json.dumps(record) + " x", None),
    "lone surrogate": (line("female", "\\ud800"), None),
    "60,000 brackets": (text("[" * 60_000), None),
    "a line too long": (lambda record: json.dumps(record | {"gender": "x" * 70_000}), None),
}
CELL_CASES: dict[str, tuple[Record, tuple[Wrong, ...]]] = {
    "words": ({"tenure": "one"}, at("tenure", "wrong-type")),
    "true for a number": ({"tenure": "true"}, at("tenure", "wrong-type")),
    "decimal comma": ({"monthlycharges": "29,85"}, at("monthlycharges", "wrong-type")),
    "number for a category": ({"contract": "12"}, at("contract", "unknown-level")),
    "2 for 0/1": ({"seniorcitizen": "2"}, at("seniorcitizen", "unknown-level")),
    "empty cell": ({"tenure": ""}, at("tenure", "null")),
    "blank cell": ({"tenure": "  "}, at("tenure", "null")),
    "empty level": ({"contract": ""}, at("contract", "null")),
    "NaN": ({"tenure": "NaN"}, at("tenure", "wrong-type")),
    "Infinity": ({"tenure": "inf"}, at("tenure", "wrong-type")),
    "hexadecimal": ({"tenure": "0x10"}, at("tenure", "wrong-type")),
    "underscores": ({"tenure": "1_0"}, at("tenure", "wrong-type")),
    "other digits": ({"tenure": "\u0661"}, at("tenure", "wrong-type")),
    "1e400": ({"tenure": "1e400"}, at("tenure", "out-of-range")),
    "1e308": ({"tenure": "1e308"}, at("tenure", "out-of-range")),
    "negative": ({"tenure": "-1000"}, at("tenure", "out-of-range")),
    "unknown level": ({"contract": "weekly"}, at("contract", "unknown-level")),
    "a long id": ({"customerid": "x" * 300}, at("customerid", "out-of-range")),
}


def as_lines(bad: Record | str, customer: Record) -> bytes:
    middle = bad if isinstance(bad, str) else json.dumps(bad)
    return "\n".join([json.dumps(customer), middle, json.dumps(customer)]).encode()


def as_cells(records: list[Record]) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return stream.getvalue().encode()


@pytest.fixture
def send(client: FlaskClient) -> Callable[..., TestResponse]:
    def sent(form: str, body: bytes, *, lenient: bool = False) -> TestResponse:
        headers = {"Prefer": "handling=lenient"} if lenient else {}
        return client.post("/predict", data=body, content_type=form, headers=headers)

    return sent


def named(answer: TestResponse) -> tuple[Wrong, ...]:
    errors = json.loads(answer.data)["errors"]
    return tuple(Wrong(error["pointer"], error["field"], error["code"]) for error in errors)


@pytest.mark.parametrize("case", LINE_CASES)
def test_a_bad_line_is_refused_and_named(
    case: str, send: Callable[..., TestResponse], customer: Record
) -> None:
    change, wrong = LINE_CASES[case]

    answer = send(LINES, as_lines(change(customer), customer))

    problem = json.loads(answer.data)
    assert answer.content_type == "application/problem+json"
    if wrong is None:
        assert (answer.status_code, problem["type"]) == (400, "/problems/malformed-body")
        assert problem["detail"].startswith("Line 2")
    else:
        assert (answer.status_code, named(answer)) == (422, wrong)
        assert problem["errors"][0]["detail"].startswith("line 2: ")


def test_lines_that_only_together_are_customers_are_refused(
    send: Callable[..., TestResponse], customer: Record
) -> None:
    whole = json.dumps(customer)
    first, second = json.dumps(customer | {"customerid": "a}\n{b"}).split("\\n")

    answer = send(LINES, "\n".join([first, second, f"{whole},{whole}"]).encode())

    problem = json.loads(answer.data)
    assert (answer.status_code, problem["type"]) == (400, "/problems/malformed-body")


# Too long a line is no row any more: whoever sends it, the body is refused.
ROWS = [case for case in LINE_CASES if case not in {"a line too long", "extra key"}]


@pytest.mark.parametrize("case", ROWS)
def test_a_bad_line_of_a_lenient_body_spoils_no_other(
    case: str, send: Callable[..., TestResponse], customer: Record
) -> None:
    change, wrong = LINE_CASES[case]

    answer = send(LINES, as_lines(change(customer), customer), lenient=True)

    first, bad, last = map(json.loads, answer.data.splitlines())
    assert (answer.status_code, answer.headers["X-Invalid-Rows"]) == (200, "1")
    assert first == last
    assert bad["index"] == 1
    codes = {error["code"] for error in bad["errors"]}
    assert codes == {item.code for item in wrong or SHAPE}


@pytest.mark.parametrize("case", CELL_CASES)
def test_a_bad_cell_is_refused_and_named(
    case: str, send: Callable[..., TestResponse], customer: Record
) -> None:
    changes, wrong = CELL_CASES[case]

    answer = send(CSV, as_cells([customer, customer | changes, customer]))

    assert (answer.status_code, named(answer)) == (422, wrong)
    assert json.loads(answer.data)["errors"][0]["detail"].startswith("line 3: ")


@pytest.mark.parametrize("case", CELL_CASES)
def test_a_bad_cell_of_a_lenient_body_spoils_no_other(
    case: str, send: Callable[..., TestResponse], customer: Record
) -> None:
    changes, wrong = CELL_CASES[case]

    answer = send(CSV, as_cells([customer, customer | changes, customer]), lenient=True)

    first, bad, last = csv.DictReader(io.StringIO(answer.text))
    assert (answer.status_code, answer.headers["X-Invalid-Rows"]) == (200, "1")
    assert first == last
    assert (bad["churn_probability"], bad["churn"]) == ("", "")
    assert bad["error"].startswith(f"{wrong[0].field} ")


@pytest.mark.parametrize(
    ("name", "cell"),
    [("tenure", "1"), ("tenure", " 1.0 "), ("contract", "Month-to-month"), ("partner", "TRUE")],
)
def test_cells_are_read_as_those_of_the_training_file(
    name: str, cell: str, send: Callable[..., TestResponse], customer: Record
) -> None:
    first, second = csv.DictReader(
        io.StringIO(send(CSV, as_cells([customer, customer | {name: cell}])).text)
    )
    assert first == second


def test_the_column_error_stands_there_even_when_no_row_is_bad(
    send: Callable[..., TestResponse], customer: Record
) -> None:
    answer = send(CSV, as_cells([customer]), lenient=True)
    header, row = answer.text.splitlines()
    assert answer.content_type == "text/csv; charset=utf-8"
    assert header == "customer_id,churn_probability,churn,model_version,error"
    assert row.endswith(",")


def test_no_value_comes_back_or_is_logged(
    send: Callable[..., TestResponse], customer: Record, service: Any
) -> None:
    odd = customer | {"contract": "jane@example.test", "customerid": "secret-77" * 30}
    answers = [
        send(form, body, lenient=lenient)
        for form, body in ((LINES, as_lines(odd, customer)), (CSV, as_cells([odd])))
        for lenient in (False, True)
    ]
    for told in (*(answer.text for answer in answers), service.stream.getvalue()):
        assert "jane@" not in told
        assert "secret-77" not in told
