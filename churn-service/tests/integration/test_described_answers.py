"""Whatever is sent where, the answer is one that the document describes, and never a 500."""

import json
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn_contract.openapi import example_customer
from churn_contract.schema import demo_schema

GOOD = example_customer(demo_schema())
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["1", "yes", "month-to-month", 10**400, "\ud800", "NaN"])
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
CHANGES = st.dictionaries(st.sampled_from([*GOOD, "Tenure", "churn", "x/~"]), ANYTHING, max_size=3)
CUSTOMERS = st.builds(
    lambda changes, left_out: {
        name: value for name, value in (GOOD | changes).items() if name not in left_out
    },
    CHANGES,
    st.sets(st.sampled_from(list(GOOD)), max_size=2),
)
SHAPES = st.builds(
    lambda shape, content: {shape: content},
    st.sampled_from(["instances", "inputs", "dataframe_split", "dataframe_records", "customer"]),
    st.lists(CUSTOMERS, max_size=2) | ANYTHING,
)
TENSORS = st.builds(
    lambda changes: {
        "inputs": [
            {"name": name, "shape": [1], "datatype": "BYTES", "data": [value]} | changes
            for name, value in GOOD.items()
        ]
    },
    st.dictionaries(st.sampled_from(["shape", "datatype", "data", "parameters"]), ANYTHING),
)
DOCUMENTS = CUSTOMERS | st.lists(CUSTOMERS, max_size=3) | SHAPES | TENSORS | ANYTHING
TEXTS = DOCUMENTS.map(lambda value: json.dumps(value).encode())
CELLS = st.lists(st.text(max_size=6), max_size=4).map(
    lambda cells: "\n".join([",".join(GOOD), ",".join(map(str, GOOD.values())), *cells]).encode(
        errors="surrogatepass"
    )
)
BODIES = TEXTS | CELLS | st.binary(max_size=40)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from([
            "application/json", "text/csv", "text/csv; header=absent", "application/x-ndjson",
            "application/octet-stream", "text/plain; charset=latin-1", "",
        ]),
        "Accept": st.sampled_from(["*/*", "text/csv", "application/x-ndjson", "image/png", "?"]),
        "Prefer": st.sampled_from(["handling=lenient", "handling=strict", "=;,"]),
        "Content-Encoding": st.sampled_from(["gzip", "identity", "br"]),
        "Inference-Header-Content-Length": st.sampled_from(["0", "1", "20", "-1", "x", "9" * 30]),
        "X-Request-Deadline-Ms": st.sampled_from(["0", "5000", "-1", "soon"]),
        "X-Request-Id": st.sampled_from(["r-1", "not an id"]),
    },
)  # fmt: skip
VERSIONS = st.none() | st.sampled_from(["champion", "000000000000", "../x", ""])


class Posts(dict[str, dict[str, Any]]):
    """The operations that take customers, by their address; short when hypothesis shows it."""

    def __repr__(self) -> str:
        return f"<{len(self)} operations>"


@pytest.fixture
def posts(client: FlaskClient) -> Posts:
    paths = client.get("/openapi.json").get_json()["paths"]
    found = {
        _filled(path): methods["post"]
        for path, methods in paths.items()
        if "post" in methods and not path.startswith("/jobs")
    }
    return Posts(found)


def _filled(path: str) -> str:
    return path.replace("{model}", "churn").replace("{version}", "champion")


def _kinds(described: dict[str, Any], status: int) -> set[str]:
    response = described["responses"][str(status)]
    if "content" in response:
        return set(response["content"])
    is_protocols = response["$ref"].endswith("ProtocolError")
    return {"application/json" if is_protocols else "application/problem+json"}


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=BODIES, headers=HEADERS, version=VERSIONS)
def test_every_answer_is_one_that_is_described(
    client: FlaskClient,
    posts: Posts,
    body: bytes,
    headers: dict[str, str],
    version: str | None,
) -> None:
    query = {} if version is None else {"model_version": version}
    for path, described in posts.items():
        answer = client.post(path, data=body, headers=headers, query_string=query)
        where = f"{path}: {answer.status_code} {answer.content_type} {answer.text[:200]}"
        assert answer.status_code < 500 or answer.status_code in {503, 504}, where
        assert str(answer.status_code) in described["responses"], where
        assert answer.mimetype in _kinds(described, answer.status_code), where
        if answer.mimetype in {"application/json", "application/problem+json"}:
            msgspec.json.decode(answer.data)  # takes no NaN
