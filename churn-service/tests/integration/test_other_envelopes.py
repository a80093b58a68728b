"""The same customers in the envelopes of other protocols: same scores, same strictness."""

import csv
import io
import itertools
import json
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, demo_schema

Record = dict[str, Any]
INFER, INVOCATIONS = "/v2/models/churn/infer", "/invocations"
PREDICT = "/v1/models/churn:predict"


class Sent(NamedTuple):
    """A request: its path, body and headers."""

    path: str
    body: bytes
    headers: dict[str, str]


def datatype(values: Sequence[object]) -> str:
    kinds = {type(value) for value in values} - {type(None)}
    names = {frozenset({bool}): "BOOL", frozenset({int}): "INT64"}
    return names.get(frozenset(kinds), "FP64" if kinds and kinds <= {int, float} else "BYTES")


def columns(records: Sequence[Record]) -> dict[str, list[object]]:
    return {name: [record.get(name) for record in records] for name in records[0]}


def tensors(records: Sequence[Record]) -> Sent:
    inputs = [
        {"name": name, "datatype": datatype(values), "shape": [len(values)], "data": values}
        for name, values in columns(records).items()
    ]
    return Sent(INFER, json.dumps({"inputs": inputs}).encode(), {})


def packed(kind: str, values: Sequence[Any]) -> bytes:
    if kind == "BYTES":
        texts = ["" if value is None else str(value) for value in values]
        parts = [text.encode() for text in texts]
        return b"".join(struct.pack("<I", len(part)) + part for part in parts)
    letter = {"BOOL": "?", "INT64": "q", "FP64": "d"}[kind]
    return struct.pack(f"<{len(values)}{letter}", *values)


def binary_tensors(records: Sequence[Record]) -> Sent:
    inputs, parts = [], []
    for name, values in columns(records).items():
        kind = "FP64" if set(map(type, values)) == {float, type(None)} else datatype(values)
        parts.append(packed(kind, values))
        inputs.append({
            "name": name,
            "datatype": kind,
            "shape": [len(values), 1],
            "parameters": {"binary_data_size": len(parts[-1])},
        })
    text = json.dumps({"inputs": inputs}).encode()
    headers = {"Inference-Header-Content-Length": str(len(text))}
    return Sent(INFER, b"".join([text, *parts]), headers)


def csv_lines(records: Sequence[Record]) -> Sent:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(records[0])
    writer.writerows(record.values() for record in records)
    body = text.getvalue().encode()
    return Sent(INVOCATIONS, body, {"Content-Type": "text/csv; header=present"})


def json_lines(records: Sequence[Record]) -> Sent:
    body = "\n".join(map(json.dumps, records)).encode()
    return Sent(INVOCATIONS, body, {"Content-Type": "application/jsonlines"})


def customers(records: Sequence[Record]) -> Sent:
    return Sent(INVOCATIONS, json.dumps(records).encode(), {})


def split(records: Sequence[Record]) -> Sent:
    frame = {"columns": list(records[0]), "data": [list(record.values()) for record in records]}
    return Sent(INVOCATIONS, json.dumps({"dataframe_split": frame}).encode(), {})


def as_records(records: Sequence[Record]) -> Sent:
    body = json.dumps({"dataframe_records": records}).encode()
    return Sent(INVOCATIONS, body, {"Content-Type": "application/json"})


def inputs(records: Sequence[Record]) -> Sent:
    return Sent(INVOCATIONS, json.dumps({"inputs": columns(records)}).encode(), {})


def instances(records: Sequence[Record]) -> Sent:
    return Sent(PREDICT, json.dumps({"instances": records}).encode(), {})


ENVELOPES = [
    tensors, binary_tensors, csv_lines, json_lines, customers, split, as_records, inputs, instances,
]  # fmt: skip
Envelope = Callable[[Sequence[Record]], Sent]
each_envelope = pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda each: each.__name__)


def ask(client: FlaskClient, sent: Sent) -> TestResponse:
    return client.post(sent.path, data=sent.body, headers=sent.headers)


def probabilities(answer: TestResponse) -> list[float]:
    if answer.mimetype == "text/csv":
        return [float(line) for line in answer.text.splitlines()]
    if answer.mimetype == "application/jsonlines":
        return [json.loads(line)["churn_probability"] for line in answer.text.splitlines()]
    document = json.loads(answer.data)
    if isinstance(document, list):
        return [each["churn_probability"] for each in document]
    if "predictions" in document:
        return list(document["predictions"])
    return [chance for chances in [document["outputs"][0]["data"]] for chance in chances]


@each_envelope
def test_every_envelope_gives_the_same_scores_to_the_bit(
    client: FlaskClient, schema: CustomerSchema, envelope: Envelope
) -> None:
    records = [
        {name: value for name, value in record.items() if value is not None}
        for record in itertools.islice(sample_customers(schema, 5), 18)
    ]
    whole = [record for record in records if len(record) == len(records[0])]
    expected = [each["churn_probability"] for each in client.post("/predict", json=whole).json]
    answer = ask(client, envelope(whole))

    assert answer.status_code == 200, answer.text
    assert len(whole) >= 5
    assert probabilities(answer) == expected
    assert answer.headers["X-Model-Version"]


@each_envelope
def test_raw_spellings_are_taken_everywhere(
    client: FlaskClient, customer: Record, envelope: Envelope
) -> None:
    raw = {name: value for name, value in customer.items() if name not in {"tenure", "contract"}}
    raw |= {"Tenure": 1, "Contract": "Month-to-month"}
    expected = client.post("/predict", json=customer).json["churn_probability"]

    assert probabilities(ask(client, envelope([raw]))) == [expected]


@each_envelope
def test_fields_that_are_ignored_are_named(
    make_service: Callable[..., Any], model_root: Any, customer: Record, envelope: Envelope
) -> None:
    service = make_service(model_root, unknown_fields="ignore")
    service.registry.refresh()
    answer = ask(service.client, envelope([customer | {"shoesize": 44}]))

    assert answer.status_code == 200
    assert answer.headers["X-Ignored-Fields"] == "shoesize"


class Bad(NamedTuple):
    """One way to spoil a customer, and what is said about it."""

    name: str
    change: Callable[[Record], Record]
    field: str
    says: str


def with_(**changes: object) -> Callable[[Record], Record]:
    return lambda record: record | changes


def without(name: str) -> Callable[[Record], Record]:
    return lambda record: {key: value for key, value in record.items() if key != name}


SPOILED = [
    Bad("missing", without("tenure"), "tenure", "is missing"),
    Bad("empty", lambda _: {"tenure": 1}, "contract", "is missing"),
    Bad("unknown keys", lambda _: {"foo": 1, "tenure": 1}, "foo", "is not a field of the schema"),
    Bad("text for a number", with_(tenure="one"), "tenure", "must be a number"),
    Bad("true for a number", with_(tenure=True), "tenure", "must be a number"),
    Bad("number for a level", with_(contract=12), "contract", "must be one of"),
    Bad("null", with_(contract=None), "contract", "must have a value"),
    Bad("huge", with_(tenure=1e308), "tenure", "must be a number from 0 to 792"),
    Bad("negative", with_(tenure=-1000), "tenure", "must be a number from 0 to 792"),
    Bad("unknown level", with_(contract="weekly-zebra"), "contract", "month-to-month, one_year"),
    Bad("extra", with_(shoesize=44), "shoesize", "is not a field of the schema"),
    Bad("outcome", with_(churn="yes"), "churn", "is the outcome"),
    Bad("two spellings", with_(Tenure=72), "tenure", "stands"),
    Bad("2 for 0/1", with_(seniorcitizen=2), "seniorcitizen", "must be one of 0, 1"),
]


@each_envelope
@pytest.mark.parametrize("bad", SPOILED, ids=lambda bad: bad.name)
def test_a_bad_customer_is_refused_and_named(
    client: FlaskClient, service: Any, customer: Record, envelope: Envelope, bad: Bad
) -> None:
    sent = envelope([bad.change(customer)])
    answer = ask(client, sent)
    document = json.loads(answer.data)

    assert answer.status_code == (422 if sent.path == INVOCATIONS else 400), answer.text
    if sent.path == INVOCATIONS:
        told = [f"{error['field']} {error['detail']}" for error in document["errors"]]
    else:
        assert set(document) == {"error"}
        told = [document["error"]]
    assert any(f"{bad.field} " in text and bad.says in text for text in told), told
    assert "zebra" not in answer.text + service.stream.getvalue()


@each_envelope
def test_too_many_customers_are_413(
    client: FlaskClient, customer: Record, envelope: Envelope
) -> None:
    answer = ask(client, envelope([customer] * 21))

    assert answer.status_code == 413
    assert "at most 20 are allowed" in answer.text


PLACES = [INFER, INVOCATIONS, PREDICT]
BROKEN = {
    "empty": b"",
    "blanks": b" \n",
    "malformed": b'{"inputs": }',
    "NaN": b'{"instances": [{"tenure": NaN}], "inputs": [Infinity]}',
    "key twice": b'{"instances": [], "instances": []}',
    "bad UTF-8": b'{"instances": ["\xff"]}',
    "lone surrogate": b'{"instances": ["\\ud800"]}',
    "brackets": b"[" * 100_000,
    "trailing text": b'{"instances": []} x',
}


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_body_is_400(client: FlaskClient, path: str, body: bytes) -> None:
    answer = client.post(path, data=body)

    assert answer.status_code == 400
    assert "json" in answer.mimetype
    assert json.loads(answer.data)


@pytest.mark.parametrize("path", PLACES)
def test_a_body_over_the_limit_is_413_in_json(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data=b" " * 110_001)

    assert (answer.status_code, "json" in answer.mimetype) == (413, True)


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_405_with_allow(client: FlaskClient, path: str, method: str) -> None:
    answer = client.open(path, method=method)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")


LIMITED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = [field.name for field in demo_schema().fields]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6
)
MEMBERS = st.sampled_from([
    "inputs", "instances", "dataframe_split", "dataframe_records", "params", "parameters",
    "outputs", "id", "columns", "data",
])  # fmt: skip
TENSORS = st.fixed_dictionaries({
    "name": st.sampled_from(NAMES) | st.text(),
    "datatype": st.sampled_from(["FP64", "INT64", "BYTES", "BOOL"]) | st.text(),
    "shape": st.lists(st.integers(-1, 3), max_size=3),
    "data": st.lists(VALUES, max_size=3),
})
DOCUMENTS = (
    st.dictionaries(MEMBERS, VALUES | st.dictionaries(MEMBERS, VALUES), max_size=4)
    | st.fixed_dictionaries({"inputs": st.lists(TENSORS, max_size=3)})
    | st.fixed_dictionaries({
        "instances": st.lists(st.dictionaries(st.sampled_from(NAMES), SCALARS))
    })
)
TYPES = st.sampled_from([
    "",
    "text/csv",
    "application/json",
    "application/jsonlines",
    "image/png",
    "text/csv; header=x",
])


def is_well_formed(answer: TestResponse) -> bool:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    if "json" in answer.mimetype and answer.mimetype != "application/jsonlines":
        json.loads(answer.data, parse_constant=refuse)
    return answer.mimetype != "text/html" and b"nan" not in answer.data[:3].lower()


@pytest.mark.parametrize("path", PLACES)
@given(document=DOCUMENTS)
@LIMITED
def test_any_json_gets_an_answer_of_the_closed_set(
    service: Any, path: str, document: object
) -> None:
    answer = service.client.post(path, json=document)

    assert answer.status_code in {200, 400, 413, 422}
    assert is_well_formed(answer)


@pytest.mark.parametrize("path", PLACES)
@given(
    body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    content_type=TYPES,
    length=st.none() | st.integers(-1, 300).map(str) | st.sampled_from(["", "x"]),
)
@LIMITED
def test_any_bytes_get_an_answer_of_the_closed_set(
    service: Any, path: str, body: bytes, content_type: str, length: str | None
) -> None:
    headers = {"Content-Type": content_type}
    if length is not None:
        headers["Inference-Header-Content-Length"] = length
    answer = service.client.post(path, data=body, headers=headers)

    assert answer.status_code in {200, 400, 413, 422}
    assert is_well_formed(answer)
