"""POST /predict with Arrow streams: the scores of JSON to the bit, errors with their places."""

import io
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema

Record = dict[str, Any]
ARROW, JSON = "application/vnd.apache.arrow.stream", "application/json"
LENIENT = {"Prefer": "handling=lenient"}
FLIPS = 2_400


def stream_of(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as out:
        out.write_table(table)
    return sink.getvalue()


def table_of(records: Sequence[Record]) -> pa.Table:
    return pa.Table.from_pylist(list(records))


def with_column(table: pa.Table, name: str, column: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def send(client: FlaskClient, body: bytes, **headers: str) -> TestResponse:
    return client.post("/predict", data=body, headers={"Content-Type": ARROW, **headers})


def answered(answer: TestResponse) -> pa.Table:
    assert answer.status_code == 200, answer.json
    assert answer.content_type == ARROW
    table = pa.ipc.open_stream(answer.data).read_all()
    table.validate(full=True)
    return table


def pointers(answer: TestResponse) -> list[str]:
    assert answer.status_code == 422, answer.data
    return [error["pointer"] for error in answer.json["errors"]]


@pytest.fixture
def records(schema: CustomerSchema) -> list[Record]:
    return list(itertools.islice(sample_customers(schema, seed=5), 12))


@pytest.fixture
def table(records: list[Record]) -> pa.Table:
    return table_of(records)


def as_dictionaries(table: pa.Table) -> pa.Table:
    columns = {
        name: column.dictionary_encode() if pa.types.is_string(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pa.table(columns)


def cast(table: pa.Table, to: pa.DataType) -> pa.Table:
    columns = {
        name: column.cast(to) if pa.types.is_string(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pa.table(columns)


def as_views(table: pa.Table) -> pa.Table:
    return cast(table, pa.string_view())


def as_large(table: pa.Table) -> pa.Table:
    return cast(table, pa.large_string())


def in_batches(table: pa.Table) -> pa.Table:
    """Three batches, each with a dictionary of its own."""
    parts = [as_dictionaries(table.slice(start, 4)) for start in (0, 4, 8)]
    return pa.concat_tables(parts)


SHAPES: dict[str, Callable[[pa.Table], pa.Table]] = {
    "plain": lambda table: table,
    "dictionaries": as_dictionaries,
    "views": as_views,
    "large": as_large,
    "batches": in_batches,
    "batches of plain texts": lambda table: pa.concat_tables([table.slice(0, 5), table.slice(5)]),
    "another order": lambda table: table.select(table.column_names[::-1]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_layout_gets_the_scores_of_json_to_the_bit(
    client: FlaskClient, records: list[Record], table: pa.Table, shape: str
) -> None:
    wanted = client.post("/predict", json=records).json
    found = answered(send(client, stream_of(SHAPES[shape](table))))
    assert found["churn_probability"].to_pylist() == [row["churn_probability"] for row in wanted]
    assert found["churn"].to_pylist() == [row["churn"] for row in wanted]
    assert found["customer_id"].to_pylist() == [row.get("customer_id") for row in wanted]


def test_the_answer_names_the_version_in_header_and_schema(
    client: FlaskClient, table: pa.Table
) -> None:
    answer = send(client, stream_of(table))
    version = answer.headers["X-Model-Version"].encode()
    assert answered(answer).schema.metadata == {b"model_version": version, b"threshold": b"0.5"}


def test_arrow_may_be_answered_with_json_and_json_with_arrow(
    client: FlaskClient, records: list[Record], table: pa.Table
) -> None:
    wanted = client.post("/predict", json=records)
    assert send(client, stream_of(table), Accept=JSON).json == wanted.json
    answer = client.post("/predict", json=records, headers={"Accept": ARROW})
    found = answered(answer)["churn_probability"].to_pylist()
    assert found == [row["churn_probability"] for row in wanted.json]


def test_a_stream_of_no_customers_is_answered_with_none(
    client: FlaskClient, table: pa.Table
) -> None:
    assert answered(send(client, stream_of(table.slice(0, 0)))).num_rows == 0
    empty = io.BytesIO()
    pa.ipc.new_stream(empty, table.schema).close()
    assert answered(send(client, empty.getvalue())).num_rows == 0


def test_numbers_of_every_width_count(client: FlaskClient, table: pa.Table) -> None:
    wanted = answered(send(client, stream_of(table)))["churn_probability"]
    for kind in (pa.int8(), pa.uint16(), pa.int64(), pa.float32(), pa.float64()):
        other = with_column(table, "tenure", table["tenure"].cast(kind))
        assert answered(send(client, stream_of(other)))["churn_probability"] == wanted
    coded = with_column(table, "tenure", table["tenure"].dictionary_encode())
    assert answered(send(client, stream_of(coded)))["churn_probability"] == wanted


def test_raw_spellings_count_as_in_json(client: FlaskClient, records: list[Record]) -> None:
    raw = [record | {"contract": "Month-to-month"} for record in records]
    wanted = client.post("/predict", json=raw).json
    found = answered(send(client, stream_of(table_of(raw))))["churn_probability"].to_pylist()
    assert found == [row["churn_probability"] for row in wanted]


def test_truth_values_stand_for_zero_and_one(client: FlaskClient, table: pa.Table) -> None:
    wanted = answered(send(client, stream_of(table)))["churn_probability"]
    other = with_column(table, "seniorcitizen", table["seniorcitizen"].cast(pa.bool_()))
    assert answered(send(client, stream_of(other)))["churn_probability"] == wanted


@pytest.mark.parametrize(
    "bad",
    [
        {"tenure": -1000},
        {"contract": "forever"},
        {"monthlycharges": float("nan")},
        {"monthlycharges": float("inf")},
        {"monthlycharges": None},
        {"contract": None},
        {"seniorcitizen": 2},
        {"customerid": "x" * 300},
    ],
)
def test_a_bad_cell_is_refused_as_in_json(
    client: FlaskClient, records: list[Record], bad: Record
) -> None:
    records[7] = records[7] | bad
    (name,) = bad
    answer = send(client, stream_of(table_of(records)))
    assert pointers(answer) == [f"/7/{name}"]
    if bad.get("monthlycharges", 0) in {0, None}:
        assert answer.json["errors"] == client.post("/predict", json=records).json["errors"]


def test_all_bad_cells_are_named_in_the_order_of_the_rows(
    client: FlaskClient, records: list[Record]
) -> None:
    records[3] |= {"tenure": 999, "contract": "no"}
    records[1] |= {"paymentmethod": "shells"}
    records[9] |= {"contract": "never"}
    answer = send(client, stream_of(table_of(records)))
    assert answer.json["errors"] == client.post("/predict", json=records).json["errors"]


@pytest.mark.parametrize("kind", [pa.string(), pa.bool_(), pa.date32(), pa.binary()])
def test_a_column_of_another_type_is_refused_as_a_whole(
    client: FlaskClient, table: pa.Table, kind: pa.DataType
) -> None:
    values = {pa.string(): "1", pa.bool_(): True, pa.date32(): 1, pa.binary(): b"1"}[kind]
    other = with_column(table, "tenure", pa.array([values] * table.num_rows, kind))
    assert pointers(send(client, stream_of(other))) == ["/tenure"]


def test_missing_strange_and_double_columns_are_refused(
    client: FlaskClient, table: pa.Table
) -> None:
    assert pointers(send(client, stream_of(table.drop_columns(["tenure"])))) == ["/tenure"]
    double = table.append_column("tenure", table["tenure"])
    assert pointers(send(client, stream_of(double))) == ["/tenure"]
    strange = table.append_column("shoe size", table["tenure"])
    assert pointers(send(client, stream_of(strange))) == ["/shoe size"]
    outcome = table.append_column("churn", table["tenure"])
    assert pointers(send(client, stream_of(outcome))) == ["/churn"]


def test_a_lenient_answer_has_scores_beside_errors(
    client: FlaskClient, records: list[Record]
) -> None:
    wanted = client.post("/predict", json=records).json
    records[2] |= {"tenure": 9999}
    records[5] |= {"contract": None, "gender": "x"}
    records = [record | {"shoe size": 44} for record in records]
    answer = send(client, stream_of(table_of(records)), **LENIENT)
    assert answer.headers["X-Invalid-Rows"] == "2"
    assert answer.headers["X-Ignored-Fields"] == "shoe%20size"
    rows = answered(answer).to_pylist()
    for place, row in enumerate(rows):
        good = place not in {2, 5}
        assert row["churn_probability"] == (wanted[place]["churn_probability"] if good else None)
        assert (row["error"] is None) == good
        assert row["customer_id"] == (wanted[place].get("customer_id") if good else None)
    assert rows[2]["error"].startswith("tenure must be a number from")
    assert rows[5]["error"].count("; ") >= 1


def test_a_lenient_answer_without_errors_has_none(client: FlaskClient, table: pa.Table) -> None:
    found = answered(send(client, stream_of(table), **LENIENT))
    assert found["error"].null_count == table.num_rows


def test_too_many_rows_are_refused_before_they_are_read(
    client: FlaskClient, table: pa.Table
) -> None:
    answer = send(client, stream_of(pa.concat_tables([table, table])))
    assert answer.status_code == 413


def test_what_is_no_whole_plain_stream_is_refused(client: FlaskClient, table: pa.Table) -> None:
    whole = stream_of(table)
    nested = table.append_column("list", pa.array([[1]] * table.num_rows))
    big = stream_of(as_dictionaries(table), compression="zstd")
    for body in (b"", b"x", whole[:-8], whole[:-1], whole + b"x", whole[64:], big,
                 whole[:-8] + b"\xff" * 16 + whole[-8:],
                 stream_of(nested)):  # fmt: skip
        answer = send(client, body)
        assert answer.status_code == 400, body[:20]
        assert answer.json["type"] == "/problems/malformed-body"
    assert "gzip" in send(client, big).json["detail"]


@pytest.mark.parametrize("code", [-1, -128, 3, 100])
def test_a_code_without_an_entry_is_refused(
    client: FlaskClient, table: pa.Table, code: int
) -> None:
    levels = pa.array(["month-to-month", "one_year", "two_year"])
    codes = pa.array([0] * 11 + [code], pa.int8())
    column = pa.DictionaryArray.from_arrays(codes, levels, safe=False)
    assert send(client, stream_of(with_column(table, "contract", column))).status_code == 400


def test_dictionaries_may_hold_duplicates_nulls_and_unused_nonsense(
    client: FlaskClient, table: pa.Table
) -> None:
    plain = pa.array(["one_year", "two_year"] * 6)
    wanted = answered(send(client, stream_of(with_column(table, "contract", plain))))
    levels = pa.array(["two_year", None, "nonsense", "One year", "one_year", "two_year"])
    codes = pa.array([3, 0, 4, 5, 3, 0, 4, 5, 3, 0, 4, 5], pa.int16())
    odd = with_column(table, "contract", pa.DictionaryArray.from_arrays(codes, levels))
    assert answered(send(client, stream_of(odd))) == wanted
    codes = pa.array([3, 1, 2, None] + [0] * 8, pa.int16())
    odd = with_column(table, "contract", pa.DictionaryArray.from_arrays(codes, levels))
    expected = ["/1/contract", "/2/contract", "/3/contract"]
    assert pointers(send(client, stream_of(odd))) == expected


def test_no_flipped_bit_breaks_the_service(client: FlaskClient, table: pa.Table) -> None:
    dice, whole = np.random.default_rng(3), stream_of(as_dictionaries(table))
    seen = set()
    for _ in range(FLIPS):
        body = bytearray(whole)
        body[dice.integers(len(body))] ^= 1 << int(dice.integers(8))
        answer = send(client, bytes(body))
        seen.add(answer.status_code)
        assert answer.status_code in {200, 400, 413, 422}
        if answer.status_code == 200:
            assert pa.ipc.open_stream(answer.data).read_all().num_rows == table.num_rows
    assert seen >= {200, 400, 422}


def test_the_counts_are_those_of_json(
    make_service: Callable[..., Any], model_root: Any, records: list[Record]
) -> None:
    services = []
    for body, kind in ((json.dumps(records).encode(), JSON), (stream_of(table_of(records)), ARROW)):
        service = make_service(model_root)
        service.registry.refresh()
        answer = service.client.post("/predict", data=body, headers={"Content-Type": kind})
        assert answer.status_code == 200
        services.append(service)
    for name in ("churn_predictions_total", "churn_missing_total", "churn_unseen_level_total"):
        ours, theirs = (service.metric_lines(name) for service in services)
        created = f"{name.removesuffix('total')}created"
        assert [line for line in ours if created not in line] == [
            line for line in theirs if created not in line
        ]
    assert services[1].events("prediction.served")[0]["rows"] == len(records)
    assert msgspec.json.encode(services[1].events("prediction.served")[0]["churning"])
