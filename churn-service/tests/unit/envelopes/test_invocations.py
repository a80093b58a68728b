import json
from typing import Any

import pytest
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer, Validator
from churn_service.envelopes.invocations import (
    Invocation,
    read_invocation,
    with_wanted_form,
    write_answer,
)
from churn_service.errors import (
    NoAcceptableAnswerError,
    RefusedCustomersError,
    UnreadableBodyError,
)

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
VALUES = [{"tenure": 1, "plan": "a", "fee": 4}, {"tenure": 2, "plan": "b", "fee": 3.5}]
CUSTOMERS = [Customer(None, (1.0, "a", 4.0)), Customer(None, (2.0, "b", 3.5))]
PREDICTIONS = [
    Prediction(churn_probability=chance, churn=chance > 0.5, model_version="v1", threshold=0.5)
    for chance in (0.1, 0.7)
]


def read(body: bytes, content_type: str = "") -> Invocation:
    return read_invocation(body, content_type, Validator(SCHEMA))


def accept(header: str) -> MIMEAccept:
    return parse_accept_header(header, MIMEAccept)


@pytest.mark.parametrize(
    "body",
    [
        b"1,a,4\n2,b,3.5\n",
        b"1,a,4\r\n\r\n2,b,3.5",
        b'"1",a,"4"\n2,"b",3.5\n\n',
        b"1;a;4\n2;b;3.5\n",
        b"tenure,plan,fee\n1,a,4\n2,b,3.5\n",
        b'\xef\xbb\xbf"Plan","Tenure",FEE\r\na,1,4\r\nb,2,3.5\r\n',
    ],
)
@pytest.mark.parametrize("content_type", ["text/csv", "text/csv; charset=utf-8", "", "text/plain"])
def test_csv_has_the_order_of_the_schema_or_a_header(body: bytes, content_type: str) -> None:
    assert read(body, content_type).body.customers == CUSTOMERS


def test_csv_may_have_the_id_in_front() -> None:
    assert read(b"7,1,a,4\n").body.customers == [Customer("7", (1.0, "a", 4.0))]


@pytest.mark.parametrize(
    ("content_type", "says"),
    [
        ("text/csv; header=present", "tenure: line 1: this column is missing"),
        ("text/csv; header=absent", "tenure: line 1: must be a number"),
    ],
)
def test_a_parameter_tells_whether_there_is_a_header(content_type: str, says: str) -> None:
    body = b"x,plan,fee\n1,a,4\n" if "present" in content_type else b"tenure,plan,fee\n"
    with pytest.raises(RefusedCustomersError) as refused:
        read(body, content_type)

    assert says in [f"{error.field}: {error.detail}"[: len(says)] for error in refused.value.errors]


@pytest.mark.parametrize(
    "content_type",
    ["application/jsonlines", "application/x-jsonlines", "application/jsonl",
     "application/x-ndjson; charset=utf-8"],
)  # fmt: skip
def test_json_lines_are_a_record_each(content_type: str) -> None:
    body = b"\n".join([json.dumps(VALUES[0]).encode(), b" \r", json.dumps(VALUES[1]).encode(), b""])

    assert read(body, content_type).body.customers == CUSTOMERS


@pytest.mark.parametrize("content_type", ["application/json", "", "application/octet-stream"])
def test_json_is_customers_or_a_shape(content_type: str) -> None:
    one = read(json.dumps(VALUES[0]).encode(), content_type)
    several = read(b" " + json.dumps(VALUES).encode(), content_type)
    shape = read(json.dumps({"inputs": VALUES}).encode(), content_type)

    assert (one.body.customers, one.body.is_one, one.output) == (CUSTOMERS[:1], True, "")
    assert (several.body.customers, several.body.is_one, several.output) == (CUSTOMERS, False, "")
    assert (shape.body.customers, shape.body.is_one) == (CUSTOMERS, False)
    assert shape.output == "probability"


def test_a_value_that_looks_like_a_shape_is_a_value() -> None:
    with pytest.raises(RefusedCustomersError) as refused:
        read(json.dumps([{**VALUES[0], "plan": "inputs"}]).encode())

    assert [error.pointer for error in refused.value.errors] == ["/0/plan"]


def test_fields_of_no_schema_are_named_when_they_are_ignored() -> None:
    lenient = Validator(SCHEMA, unknown_fields="ignore")
    body = json.dumps({"instances": [{**VALUES[0], "mood": "good"}]}).encode()

    assert read_invocation(body, "", lenient).body.ignored_fields == ("mood",)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", ""),
        (b" \n", "text/csv"),
        (b"", "application/json"),
        (b'1,"a\n', "text/csv"),
        (b"1,\xff,2\n", "text/csv"),
        (b'{"a": 1}\n{"a": }\n', "application/jsonlines"),
        (b'{"a": NaN}', ""),
        (b'{"a": 1, "a": 2}', "application/json"),
        (b'{"inputs": [], "inputs": []}', "application/json"),
        (b"[" * 100_000, ""),
        (b'{"instances": 5}', ""),
    ],
)
def test_broken_bodies_are_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(UnreadableBodyError):
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
