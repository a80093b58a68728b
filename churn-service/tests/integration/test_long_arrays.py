"""Long JSON arrays go column by column and get the bytes that short ones get."""

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.interval import IntervalTable
from churn_service.column_envelopes import LONG_BYTES, column_envelopes

pytest.importorskip("numpy")

Record = dict[str, Any]
ROWS = 300
SMALL = CustomerSchema(
    name="small",
    id="id",
    fields=(
        Field(name="age", kind="number", minimum=-90, maximum=100, highest=70, nullable=True),
        Field(name="plan", kind="category", levels=("basic", "plus"), nullable=True),
        Field(name="calls", kind="number", minimum=-9, maximum=100, highest=50, blank=3.0),
        Field(name="senior", kind="boolean", levels=("0", "1"), blank="1"),
        Field(name="city", kind="category", levels=tuple(f"c{n:03d}" for n in range(300))),
        Field(name="mood", kind="category", levels=("up", "down"), unknown="other"),
    ),
)


def records_of(schema: CustomerSchema) -> list[Record]:
    """Make customers; the first ones have ids and values of every spelling."""
    records = list(itertools.islice(sample_customers(schema, 5), ROWS))
    odd: Iterator[Any] = iter(["  a b ", "", 7, None, "zürich", -(2**62), "\u2028"])
    for record, given in zip(records, odd, strict=False):
        record[schema.id or ""] = given
    del records[7][schema.id or ""]
    for name, value in (("senior", True), ("senior", None), ("calls", None)):
        if name in records[9]:
            records.append(records[9] | {name: value})
    return records


@pytest.fixture(params=["demo", "small"])
def asked(
    request: pytest.FixtureRequest,
    publisher: Any,
    make_service: Callable[..., Any],
    make_document: Callable[[CustomerSchema], ModelDocument],
    schema: CustomerSchema,
) -> tuple[Any, list[Record]]:
    """Give a service with a model that has intervals, and customers."""
    customers = schema if request.param == "demo" else SMALL
    table = IntervalTable(level=0.9, edges=(0.0,), lower=(-0.5, -0.3), upper=(0.2, 0.6))
    publisher.publish(msgspec.structs.replace(make_document(customers), interval=table))
    service = make_service(publisher.root)
    service.registry.refresh()
    return service, records_of(customers)


def answered(service: Any, body: bytes, **headers: str) -> Any:
    return service.client.post(
        "/predict", data=body, headers={"Content-Type": "application/json"} | headers
    )


def test_a_long_array_gets_the_bytes_of_its_customers_one_by_one(asked: Any) -> None:
    service, records = asked
    body = json.dumps(records, ensure_ascii=False).encode().ljust(LONG_BYTES)
    usual = [answered(service, json.dumps(record).encode()).data for record in records]

    answer = answered(service, body)

    assert answer.status_code == 200
    assert answer.data == b"[" + b",".join(usual) + b"]"


@pytest.mark.parametrize("prefer", ["", "handling=lenient"])
def test_a_bad_row_of_a_long_array_is_named(asked: Any, prefer: str) -> None:
    service, records = asked
    name = next(field for field in ("tenure", "age") if field in records[0])
    records[70][name] = -1000

    answer = answered(service, json.dumps(records).encode().ljust(LONG_BYTES), Prefer=prefer)

    if prefer:
        assert answer.get_json()[70]["errors"][0]["pointer"] == f"/{name}"
    else:
        assert answer.get_json()["errors"][0]["pointer"] == f"/70/{name}"


def test_a_long_array_counts_as_its_customers_do(
    asked: Any, make_service: Callable[..., Any]
) -> None:
    long, records = asked
    short = make_service(long.settings.model_root)
    short.registry.refresh()
    answered(long, json.dumps(records).encode().ljust(LONG_BYTES))
    for record in records:
        answered(short, json.dumps(record).encode())

    for name in ("churn_missing_total{", "churn_unseen_level_total{", "churn_predictions_total{"):
        assert long.metric_lines(name) == short.metric_lines(name)


def test_too_many_customers_are_413(
    model_root: Path, make_service: Callable[..., Any], customer: Record
) -> None:
    service = make_service(model_root, max_rows=199)
    service.registry.refresh()
    assert answered(service, json.dumps([customer] * 200).encode()).status_code == 413


@pytest.mark.parametrize("text", [b"[]", b"{}", b"[" * 9])
def test_what_is_no_array_of_customers_goes_the_usual_way(asked: Any, text: bytes) -> None:
    service, _ = asked
    short, long = answered(service, text), answered(service, text.ljust(LONG_BYTES))
    assert long.status_code == short.status_code
    assert long.content_type == short.content_type


def test_numpy_stays_out_until_a_long_body_comes() -> None:
    code = (
        "import sys; from churn_service.column_envelopes import column_envelopes; "
        "list(column_envelopes()); sys.exit('numpy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert next(column_envelopes()).media_types == ("application/json",)
