import json
from typing import Any

import pytest
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema, Field
from churn_service.envelopes.invocations import (
    Invocation,
    read_invocation,
    with_wanted_form,
    write_answer,
)
from churn_service.errors import NoAcceptableAnswerError, UnreadableBodyError

SCHEMA = CustomerSchema(
    name="small",
    id="number",
    fields=(
        Field(name="number", raw="No.", kind="text", role="id"),
        Field(name="tenure", raw="Tenure", kind="number", minimum=0, maximum=99),
        Field(name="plan", raw="Plan", kind="category", levels=("a", "b")),
        Field(name="fee", kind="number", minimum=0, maximum=99),
    ),
)
CELLS = [{"tenure": "1", "plan": "a", "fee": ""}, {"tenure": "2", "plan": "b", "fee": "3.5"}]
VALUES = [{"tenure": 1, "plan": "a"}, {"tenure": 2, "plan": "b"}]
PREDICTIONS = [
    Prediction(churn_probability=chance, churn=chance > 0.5, model_version="v1", threshold=0.5)
    for chance in (0.1, 0.7)
]


def read(body: bytes, content_type: str = "") -> Invocation:
    return read_invocation(body, content_type, SCHEMA)


def accept(header: str) -> MIMEAccept:
    return parse_accept_header(header, MIMEAccept)


@pytest.mark.parametrize(
    "body",
    [
        b"1,a,\n2,b,3.5\n",
        b"1,a,\r\n\r\n2,b,3.5",
        b'"1",a,""\n2,"b",3.5\n\n',
        b"tenure,plan,fee\n1,a,\n2,b,3.5\n",
        b"\xef\xbb\xbfTenure,PLAN,fee\n1,a,\n2,b,3.5\n",
    ],
)
@pytest.mark.parametrize("content_type", ["text/csv", "text/csv; charset=utf-8", "", "text/plain"])
def test_csv_has_the_order_of_the_schema_or_a_header(body: bytes, content_type: str) -> None:
    found = read(body, content_type)
    columns = [[schema_name(name) for name in record] for record in found.records]  # type: ignore[attr-defined]  # mappings

    assert columns == [["tenure", "plan", "fee"]] * 2
    assert [list(record.values()) for record in found.records] == [  # type: ignore[attr-defined]  # mappings
        list(cells.values()) for cells in CELLS
    ]
    assert (found.is_text, found.form) == (True, "csv")


def schema_name(spelling: str) -> str:
    field = SCHEMA.find(spelling)
    return field.name if field else ""


def test_csv_may_have_the_id_in_front() -> None:
    assert read(b"7,1,a,2\n").records == [{"number": "7", "tenure": "1", "plan": "a", "fee": "2"}]


def test_a_parameter_tells_whether_there_is_a_header() -> None:
    assert read(b"x,y\n1,2\n", "text/csv; header=present").records == [{"x": "1", "y": "2"}]
    names = read(b"tenure,plan,fee\n", "text/csv; header=absent").records
    assert names == [{"tenure": "tenure", "plan": "plan", "fee": "fee"}]


@pytest.mark.parametrize(
    "content_type",
    ["application/jsonlines", "application/x-jsonlines", "application/jsonl",
     "application/x-ndjson; charset=utf-8"],
)  # fmt: skip
def test_json_lines_are_a_record_each(content_type: str) -> None:
    body = b"\n".join([json.dumps(VALUES[0]).encode(), b" \r", json.dumps(VALUES[1]).encode(), b""])

    assert read(body, content_type).records == VALUES


@pytest.mark.parametrize("content_type", ["application/json", "", "application/octet-stream"])
def test_json_is_customers_or_a_shape(content_type: str) -> None:
    one = read(json.dumps(VALUES[0]).encode(), content_type)
    several = read(b" " + json.dumps(VALUES).encode(), content_type)
    shape = read(json.dumps({"inputs": VALUES}).encode(), content_type)

    assert (one.records, one.is_one, one.output) == (VALUES[:1], True, "")
    assert (several.records, several.is_one, several.output) == (VALUES, False, "")
    assert (shape.records, shape.is_one, shape.output) == (VALUES, False, "probability")


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"", "", "body is empty"),
        (b" \n", "text/csv", "body is empty"),
        (b"", "application/json", "body is empty"),
        (b"1,a\n", "text/csv", "Line 1 must have 3 cells"),
        (b"1,a,2\n\n1,a\n", "text/csv", "Line 3 must have 3 cells"),
        (b'1,"a\n', "text/csv", "is not CSV"),
        (b'1,"a"b,2\n', "text/csv", "Line 1 is not CSV"),
        (b"tenure,tenure,fee\n", "text/csv", "names a column twice"),
        (b"1,\xff,2\n", "text/csv", r"not valid UTF-8 \(byte 2\)"),
        (b"1," + b"a" * 200_000 + b",2\n", "text/csv", "Line 1 is not CSV"),
        (b'{"a": 1}\n{"a": }\n', "application/jsonlines", "Line 2: The body is not valid JSON"),
        (b'{"a": NaN}', "", "NaN and Infinity are not JSON"),
        (b'{"a": 1, "a": 2}', "application/json", "stands twice"),
        (b"[" * 100_000, "", "nested too deeply"),
        (b'{"instances": 5}', "", "a list of customers"),
    ],
)
def test_broken_bodies_are_refused(body: bytes, content_type: str, says: str) -> None:
    with pytest.raises(UnreadableBodyError, match=says):
        read(body, content_type)


CSV = b"0.1\n0.7\n"
USUAL = {"predictions": [0.1, 0.7]}


def answer(body: bytes, content_type: str, wanted: str) -> Any:
    invocation = with_wanted_form(read(body, content_type), accept(wanted))
    content, media_type = write_answer(invocation, PREDICTIONS)
    return json.loads(content) if media_type == "application/json" else content


@pytest.mark.parametrize("wanted", ["", "*/*", "text/csv", "text/*, application/json;q=0.5"])
def test_csv_is_answered_by_a_probability_per_line(wanted: str) -> None:
    assert answer(b"1,a,2\n2,b,3\n", "text/csv", wanted) == CSV


def test_every_form_can_be_asked_for() -> None:
    rows, lines = b"1,a,2\n2,b,3\n", b"\n".join(json.dumps(row).encode() for row in VALUES)

    assert answer(rows, "text/csv", "application/json") == USUAL
    assert answer(lines, "application/jsonlines", "application/json") == USUAL
    assert answer(json.dumps(VALUES).encode(), "", "text/csv;q=0.9, text/html") == CSV
    assert answer(json.dumps({"inputs": VALUES}).encode(), "", "*/*") == USUAL


def test_json_lines_and_json_are_answered_as_predict_does() -> None:
    lines = answer(b"\n".join(json.dumps(row).encode() for row in VALUES), "application/jsonl", "")
    several = answer(json.dumps(VALUES).encode(), "", "")
    one = answer(json.dumps(VALUES[0]).encode(), "", "application/json")

    assert [json.loads(line) for line in lines.splitlines()] == several
    assert one == several[0]
    assert one["churn_probability"] == 0.1


def test_an_answer_nobody_takes_names_the_forms() -> None:
    with pytest.raises(NoAcceptableAnswerError, match="text/csv, application/json"):
        with_wanted_form(read(b"[]"), accept("image/png"))
