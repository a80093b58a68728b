"""POST /predict with Parquet files: the scores of JSON, limits from the footer."""

import io
import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema
from churn_service.columnar import parquet_envelope

Record = dict[str, Any]
PARQUET = "application/vnd.apache.parquet"
FLIPS = 300


def file_of(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def send(client: FlaskClient, body: bytes, **headers: str) -> TestResponse:
    return client.post("/predict", data=body, headers={"Content-Type": PARQUET, **headers})


@pytest.fixture
def records(schema: CustomerSchema) -> list[Record]:
    return list(itertools.islice(sample_customers(schema, seed=5), 12))


@pytest.fixture
def table(records: list[Record]) -> pa.Table:
    return pa.Table.from_pylist(records)


@pytest.mark.parametrize("options", [{}, {"compression": "zstd"}, {"row_group_size": 5}])
def test_a_file_gets_the_scores_of_json_in_a_file(
    client: FlaskClient, records: list[Record], table: pa.Table, options: dict[str, Any]
) -> None:
    wanted = client.post("/predict", json=records).json
    answer = send(client, file_of(table, **options))
    assert answer.status_code == 200, answer.data
    found = pq.read_table(io.BytesIO(answer.data))
    assert found["churn_probability"].to_pylist() == [row["churn_probability"] for row in wanted]
    assert found["customer_id"].to_pylist() == [row.get("customer_id") for row in wanted]
    assert found.schema.metadata[b"model_version"].decode() == wanted[0]["model_version"]


def test_bad_cells_have_their_rows(client: FlaskClient, records: list[Record]) -> None:
    records[4]["tenure"] = 9999
    answer = send(client, file_of(pa.Table.from_pylist(records)))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["/4/tenure"]


def test_too_many_rows_are_refused_from_the_footer(client: FlaskClient, table: pa.Table) -> None:
    assert send(client, file_of(pa.concat_tables([table, table]))).status_code == 413


def test_a_file_that_inflates_too_far_is_refused_from_the_footer(
    client: FlaskClient, table: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_envelope, "MOST_INFLATED_BYTES", 1000)
    answer = send(client, file_of(table))
    assert answer.status_code == 400
    assert "inflates" in answer.json["detail"]


def test_what_is_no_file_is_refused(client: FlaskClient, table: pa.Table) -> None:
    whole = file_of(table)
    for body in (b"", b"PAR1", whole[:-1], whole[:-200], whole[100:]):
        answer = send(client, body)
        assert answer.status_code == 400
        assert answer.json["type"] == "/problems/malformed-body"


def test_no_flipped_bit_breaks_the_service(client: FlaskClient, table: pa.Table) -> None:
    dice, whole = np.random.default_rng(4), file_of(table.select(table.column_names[:6]))
    for _ in range(FLIPS):
        body = bytearray(whole)
        body[dice.integers(len(body))] ^= 1 << int(dice.integers(8))
        assert send(client, bytes(body)).status_code in {200, 400, 413, 422}
