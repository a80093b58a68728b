"""More than the service can do, for a moment: it answers or refuses, and says so."""

import gzip
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.serving.client import Connection, Request
from benchmarks.serving.overload import measured
from benchmarks.serving.process import Server, free_port

Record = dict[str, object]
CODE = "import os; from churn_service.app import run; run(os.environ)"


@pytest.fixture
def server(model_root: Path, tmp_path: Path) -> Iterator[Server]:
    port = free_port()
    environ = {"CHURN_MODEL_ROOT": str(model_root), "PORT": str(port), "CHURN_THREADS": "16"}
    started = Server([sys.executable, "-c", CODE], port, tmp_path / "log", os.environ | environ)
    started.wait()
    yield started
    started.stop()


def test_a_service_asked_for_too_much_answers_some_and_refuses_the_rest(
    server: Server, customer: Record
) -> None:
    body = gzip.compress(json.dumps([customer] * 2_000).encode())
    rows = {row.name: row for row in measured(server, body, seconds=0.6)}
    assert rows["goodput at three times the peak, share of the peak"].value
    assert rows["refused with 503, share"].value
    assert rows["answers other than 200 and 503"].value == 0
    connection = Connection(server.port)
    text = connection.send(Request("/metrics", b"", method="GET")).decode()
    connection.close()
    assert 'churn_failures_total{reason="overloaded"}' in text
    assert 'churn_requests_total{route="refused",status="503"}' in text
