"""POST /predict in every form: the same scores, errors with their places, lenient answers."""

import csv
import gzip
import io
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema

Record = dict[str, Any]
JSON, LINES, CSV = "application/json", "application/x-ndjson", "text/csv"
LENIENT = {"Prefer": "handling=lenient"}


def as_json(records: list[Record]) -> bytes:
    return json.dumps(records).encode()


def as_lines(records: list[Record]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n\n" for record in records)


def as_csv(records: list[Record], separator: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


WRITERS: dict[str, Callable[[list[Record]], bytes]] = {
    JSON: as_json,
    LINES: as_lines,
    CSV: as_csv,
}
FORMS = pytest.mark.parametrize("form", WRITERS)


def probabilities(answer: TestResponse) -> list[float]:
    if answer.mimetype == CSV:
        rows = csv.DictReader(io.StringIO(answer.text))
        return [float(row["churn_probability"]) for row in rows]
    found = answer.json if answer.mimetype == JSON else map(json.loads, answer.text.splitlines())
    return [row["churn_probability"] for row in found]


@pytest.fixture
def customers(schema: CustomerSchema) -> list[Record]:
    return list(itertools.islice(sample_customers(schema, seed=11), 12))


def send(client: FlaskClient, form: str, body: bytes, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/predict", data=body, content_type=form, headers=named)


@FORMS
@pytest.mark.parametrize("answer_form", WRITERS)
def test_every_form_gives_the_same_bits_in_every_form(
    client: FlaskClient, customers: list[Record], form: str, answer_form: str
) -> None:
    one_by_one = [
        send(client, JSON, json.dumps(record).encode()).json["churn_probability"]
        for record in customers
    ]

    answer = send(client, form, WRITERS[form](customers), Accept=answer_form)

    assert (answer.status_code, answer.mimetype) == (200, answer_form)
    assert probabilities(answer) == one_by_one


@pytest.mark.parametrize("separator", list(",;|\t"))
def test_the_separator_of_a_file_is_found_out(
    client: FlaskClient, customers: list[Record], separator: str
) -> None:
    answer = send(client, CSV, as_csv(customers, separator))

    assert probabilities(answer) == probabilities(send(client, JSON, as_json(customers)))


def test_a_byte_order_mark_and_quotes_do_no_harm(
    client: FlaskClient, customers: list[Record]
) -> None:
    body = b"\xef\xbb\xbf" + as_csv(customers).replace(b"contract", b'"contract"', 1)

    assert send(client, CSV, body).status_code == 200


def test_a_file_without_header_has_the_columns_of_the_schema(
    client: FlaskClient, schema: CustomerSchema, customers: list[Record]
) -> None:
    names = [field.name for field in schema.features]
    ordered = [{name: record[name] for name in names} for record in customers]
    body = as_csv(ordered).partition(b"\n")[2]
    with_ids = b"".join(b"c%d,%s\n" % item for item in enumerate(body.splitlines()))
    asked = "text/csv; header=absent"

    plain = send(client, asked, body)
    named = send(client, asked, with_ids)

    assert probabilities(plain) == probabilities(named)
    assert probabilities(plain) == probabilities(send(client, JSON, as_json(ordered)))
    assert [row["customer_id"] for row in csv.DictReader(io.StringIO(named.text))][:2] == [
        "c0",
        "c1",
    ]


@FORMS
def test_a_wrong_value_names_its_row_and_nothing_is_scored(
    client: FlaskClient, customers: list[Record], form: str
) -> None:
    customers[7]["tenure"] = -1000
    customers[9]["contract"] = "weekly"

    answer = send(client, form, WRITERS[form](customers))
    errors = json.loads(answer.data)["errors"]

    assert answer.status_code == 422
    assert [(item["pointer"], item["code"]) for item in errors] == [
        ("/7/tenure", "out-of-range"),
        ("/9/contract", "unknown-level"),
    ]


@pytest.mark.parametrize(("form", "line"), [(LINES, 15), (CSV, 9)])
def test_forms_with_lines_name_the_line_too(
    client: FlaskClient, customers: list[Record], form: str, line: int
) -> None:
    customers[7]["tenure"] = -1000

    answer = send(client, form, WRITERS[form](customers))

    assert json.loads(answer.data)["errors"][0]["detail"].startswith(f"line {line}: must be")


@FORMS
def test_a_lenient_answer_has_the_errors_in_their_places(
    client: FlaskClient, customers: list[Record], form: str
) -> None:
    strict = probabilities(send(client, form, WRITERS[form](customers)))
    for record in customers:
        record["shoe size"] = 44
    customers[2]["tenure"] = -1000

    answer = send(client, form, WRITERS[form](customers), **LENIENT)

    assert answer.status_code == 200
    assert answer.headers["X-Invalid-Rows"] == "1"
    assert answer.headers["X-Ignored-Fields"] == "shoe%20size"
    assert answer.headers["Preference-Applied"] == "handling=lenient"
    if form == CSV:
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert rows[2]["churn_probability"] == ""
        assert rows[2]["error"].startswith("tenure must be")
        assert [row["error"] for row in rows].count("") == len(customers) - 1
        found = [row["churn_probability"] for row in rows]
        assert [float(p) for p in found if p] == strict[:2] + strict[3:]
    else:
        text = answer.text
        rows = json.loads(text) if form == JSON else [json.loads(x) for x in text.splitlines()]
        assert (rows[2]["index"], rows[2]["errors"][0]["pointer"]) == (2, "/tenure")
        assert [row["churn_probability"] for row in rows if "errors" not in row] == (
            strict[:2] + strict[3:]
        )


@FORMS
def test_a_strange_field_is_refused_unless_the_caller_is_lenient(
    client: FlaskClient, customers: list[Record], form: str
) -> None:
    for record in customers:
        record["shoesize"] = 44

    answer = send(client, form, WRITERS[form](customers))

    assert answer.status_code == 422
    assert {item["code"] for item in json.loads(answer.data)["errors"]} == {"unknown-field"}


def test_a_lenient_caller_with_one_customer_still_gets_422(
    client: FlaskClient, customers: list[Record]
) -> None:
    good = {**customers[0], "shoesize": 44}
    bad = {**customers[0], "tenure": None}

    taken = send(client, JSON, json.dumps(good).encode(), **LENIENT)
    refused = send(client, JSON, json.dumps(bad).encode(), **LENIENT)

    assert (taken.status_code, taken.headers["X-Ignored-Fields"]) == (200, "shoesize")
    assert refused.status_code == 422


def test_a_lenient_line_that_is_no_json_is_a_bad_row(
    client: FlaskClient, customers: list[Record]
) -> None:
    body = as_lines(customers[:1]) + b"{\n" + as_lines(customers[1:2])

    answer = send(client, LINES, body, **LENIENT)

    assert ["errors" in json.loads(line) for line in answer.text.splitlines()] == [
        False, True, False,
    ]  # fmt: skip
    assert "this line is not valid JSON" in answer.text


@pytest.mark.parametrize("form", [CSV, LINES])
def test_empty_forms_are_told(client: FlaskClient, form: str) -> None:
    answer = send(client, form, b" \n")

    assert answer.status_code == (400 if form == CSV else 200)


def test_an_empty_array_is_an_empty_answer(client: FlaskClient) -> None:
    assert send(client, JSON, b"[]").json == []


HEADER_FAULTS = {
    "missing": (b"contract", b"", "unknown-field"),
    "duplicate": (b"contract", b"tenure", "duplicate"),
    "outcome": (b"contract", b"Churn", "unknown-field"),
}


@pytest.mark.parametrize("fault", HEADER_FAULTS)
def test_a_wrong_header_is_told_once(
    client: FlaskClient, customers: list[Record], fault: str
) -> None:
    before, after, code = HEADER_FAULTS[fault]

    answer = send(client, CSV, as_csv(customers).replace(before, after, 1))
    problem = json.loads(answer.data)

    assert answer.status_code == 422
    assert [item["code"] for item in problem["errors"]] == ["missing", code]


BROKEN = {
    "bad utf-8": (CSV, b"a,b\n\xff,1\n"),
    "zero byte": (CSV, b"a,b\n\0,1\n"),
    "open quote": (CSV, b'tenure,contract\n"5,x\n'),
    "no json": (LINES, b"{\n"),
    "bad utf-8 in lines": (LINES, b'{"a": "\xff"}\n'),
    "twice the same key": (LINES, b'{"a": 1, "a": 2}\n'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_body_is_400(client: FlaskClient, name: str) -> None:
    form, body = BROKEN[name]

    answer = send(client, form, body)

    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_a_row_of_another_width_is_told_with_its_line(
    client: FlaskClient, customers: list[Record]
) -> None:
    body = as_csv(customers) + b"1,2,3\r\n"

    strict = send(client, CSV, body)
    lenient = send(client, CSV, body, **LENIENT)

    assert json.loads(strict.data)["errors"][0]["detail"] == "line 14 must have 20 cells"
    assert lenient.headers["X-Invalid-Rows"] == "1"
    assert b"must have 20 cells, as the header has; it has 3" in lenient.data.splitlines()[-1]


def test_a_forgotten_header_line_is_told_with_its_cure_and_without_values(
    client: FlaskClient, customers: list[Record]
) -> None:
    _, body = as_csv(customers).split(b"\r\n", 1)

    [error] = json.loads(send(client, CSV, body).data)["errors"]

    assert (error["code"], error["field"]) == ("missing", "")
    assert error["detail"].endswith("without a header line is text/csv; header=absent")


def test_an_array_on_a_line_is_no_customer(client: FlaskClient, customers: list[Record]) -> None:
    answer = send(client, LINES, as_json(customers))

    assert json.loads(answer.data)["errors"][0]["code"] == "wrong-shape"


@FORMS
def test_more_rows_than_allowed_are_413(
    client: FlaskClient, customers: list[Record], form: str
) -> None:
    many = customers * 100

    answer = send(client, form, gzip.compress(WRITERS[form](many)), Content_Encoding="gzip")

    assert answer.status_code == 413


@FORMS
def test_gzip_is_taken_within_the_limit(
    client: FlaskClient, customers: list[Record], form: str
) -> None:
    packed = gzip.compress(WRITERS[form](customers))
    bomb = gzip.compress(b" " * 10_000_000)

    assert send(client, form, packed, Content_Encoding="gzip").status_code == 200
    assert send(client, form, bomb, Content_Encoding="gzip").status_code == 413
    assert send(client, form, packed[:-9], Content_Encoding="gzip").status_code == 400


def test_options_tell_the_methods(client: FlaskClient) -> None:
    answer = client.options("/predict")

    assert (answer.status_code, answer.content_type) == (200, None)
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
