"""POST /predict with large CSV: the same bytes as small ones, by whichever way."""

import csv
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema
from churn_service import column_envelopes

CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def body(schema: CustomerSchema) -> bytes:
    records = list(itertools.islice(sample_customers(schema, 9), 600))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def test_a_large_body_is_answered_with_the_bytes_of_a_small_one(
    make_service: Callable[..., Any],
    model_root: Path,
    body: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = make_service(model_root)
    service.registry.refresh()
    assert len(body) > column_envelopes.LONG_BYTES
    quick = service.client.post("/predict", data=body, headers=CSV)
    monkeypatch.setattr(column_envelopes, "LONG_BYTES", 1 << 30)
    slow = service.client.post("/predict", data=body, headers=CSV)
    assert quick.status_code == slow.status_code == 200
    assert quick.data == slow.data
    assert quick.headers["Content-Type"] == slow.headers["Content-Type"]
