"""Any input at all: an answer of the closed set, JSON, and nothing of the input in it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn_contract.schema import demo_schema
from churn_service.settings import Settings

LIMITED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMES = [field.name for field in demo_schema().fields]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
RECORDS = st.dictionaries(st.sampled_from(NAMES) | st.text(), VALUES, max_size=25)


def is_refused_well(answer: Any) -> bool:
    problem = json.loads(answer.data)
    same = problem["status"] == answer.status_code
    return answer.content_type == "application/problem+json" and same


@given(body=st.binary(max_size=200))
@LIMITED
def test_any_bytes_get_400_or_422(service: Any, body: bytes) -> None:
    answer = service.client.post("/predict", data=body, content_type="application/json")
    if body.strip() == b"[]":
        assert answer.status_code == 200
        return
    assert answer.status_code in {400, 422}
    assert is_refused_well(answer)


@given(body=RECORDS | st.lists(RECORDS, min_size=1, max_size=3))
@LIMITED
def test_any_json_that_is_no_customer_gets_422(service: Any, body: object) -> None:
    answer = service.client.post("/predict", json=body)
    assert answer.status_code in {400, 422}
    assert is_refused_well(answer)


@given(cells=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20), max_size=25))
@LIMITED
def test_any_form_gets_a_page(service: Any, cells: dict[str, str]) -> None:
    answer = service.client.post("/score", data=cells)
    assert answer.status_code == 422
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize("name", ["X-Request-Id", "Accept", "Content-Encoding", "traceparent"])
@given(value=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
@LIMITED
def test_any_header_leaves_the_service_standing(service: Any, name: str, value: str) -> None:
    headers = {"Content-Type": "application/json", name: value}
    answer = service.client.post("/predict", data=b"{}", headers=headers)
    assert answer.status_code in {406, 415, 422}
    assert is_refused_well(answer)


FORMS = ["application/json", "application/x-ndjson", "text/csv", "text/csv; header=absent"]
CELLS = st.sampled_from(["", "1", "yes", "NaN", '"', "-1e999", "\ufeff", "=1+1", "\x00"]) | st.text(
    max_size=5
)
TABLES = st.lists(st.lists(st.sampled_from(NAMES) | CELLS, min_size=1, max_size=22), max_size=4)


def as_table(cells: list[list[str]], separator: str) -> bytes:
    return "\r\n".join(separator.join(row) for row in cells).encode("utf-8", "surrogatepass")


BODIES = (
    st.binary(max_size=200)
    | st.lists(RECORDS, max_size=3).map(lambda rows: "\n".join(map(json.dumps, rows)).encode())
    | st.builds(as_table, TABLES, st.sampled_from([",", ";", "\t", "|"]))
)


@given(
    body=BODIES,
    form=st.sampled_from(FORMS),
    coding=st.sampled_from(["identity", "gzip", "deflate", "br"]),
    prefer=st.sampled_from(["", "handling=lenient"]),
    accept=st.sampled_from(["*/*", "application/json", "text/csv", "application/jsonl", "image/*"]),
)
@LIMITED
def test_any_bytes_in_any_form_get_an_answer_of_the_closed_set(
    service: Any, body: bytes, form: str, coding: str, prefer: str, accept: str
) -> None:
    headers = {"Accept": accept, "Content-Encoding": coding, "Content-Type": form}
    headers["Prefer"] = prefer
    answer = service.client.post("/predict", data=body, headers=headers)
    assert answer.status_code in {200, 400, 406, 413, 415, 422}
    if answer.status_code != 200:
        assert is_refused_well(answer)
    elif answer.mimetype == "text/csv":
        assert answer.text.startswith("customer_id,churn_probability,")
    else:
        lines = answer.mimetype == "application/x-ndjson"
        for value in answer.text.splitlines() if lines else [answer.text]:
            json.loads(value, parse_constant=pytest.fail)


@given(body=st.binary(max_size=200) | RECORDS.map(lambda record: json.dumps([record]).encode()))
@LIMITED
def test_anything_to_be_explained_gets_an_answer_of_the_closed_set(
    service: Any, body: bytes
) -> None:
    answer = service.client.post("/explain", data=body, content_type="application/json")
    assert answer.status_code in {200, 400, 422}
    assert answer.status_code == 200 or is_refused_well(answer)


def test_settings_have_the_documented_defaults() -> None:
    assert (Settings().max_body_bytes, Settings().max_rows) == (16 * 1024 * 1024, 100_000)
    assert Settings().model_root == Path("models")
