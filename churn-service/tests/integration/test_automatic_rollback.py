"""Real processes: a champion whose answers drift hard goes by itself, and nobody notices."""

import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema
from churn_contract.validation import Validator
from churn_service.artefact.aliases import CHAMPION, read_alias
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.promotion_log import read_promotions
from churn_service.artefact.promotions import Wish, promote
from churn_service.artefact.reference import SCORE, BinnedField, Reference
from churn_service.monitoring.counts import BinCounter
from churn_service.predictor import Predictor

ROWS = 40
SECONDS = 20.0


def reference_of(document: ModelDocument) -> Reference:
    """Count what a model says of sampled customers."""
    schema: CustomerSchema = document.schema
    score = BinnedField(field=SCORE, edges=tuple(n / 10 for n in range(11)), counts=(1,) * 13)
    fields = [
        BinnedField(field=field.name, edges=(0.0, 1e6), counts=(0, 9, 0, 0))
        if field.kind == "number"
        else BinnedField(
            field=field.name, levels=field.levels, counts=(9,) * len(field.levels) + (0, 0)
        )
        for field in schema.features
    ]
    bare = Reference(fields=tuple(fields), score=score)
    predictor = Predictor("v", document, Validator(schema))
    customers = [predictor.validator.check(record) for record in records(schema, 2000, seed=5)]
    counter = BinCounter("v", bare)
    counts = counter.empty()
    counter.add(counts, customers, predictor.predict(customers))
    found = msgspec.structs.replace(score, counts=tuple(counts.bins[-1]))
    return msgspec.structs.replace(bare, score=found)


def records(schema: CustomerSchema, count: int, seed: int) -> list[dict[str, object]]:
    return list(itertools.islice(sample_customers(schema, seed), count))


class Client(threading.Thread):
    """Asks without a pause; keeps every answer that is not 200, and the versions."""

    def __init__(self, port: int, bodies: list[bytes]) -> None:
        super().__init__(daemon=True)
        self._port, self._bodies = port, itertools.cycle(bodies)
        self._ended = threading.Event()
        self.failed: list[object] = []
        self.versions: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        while not self._ended.is_set():
            connection.request(
                "POST", "/predict", next(self._bodies), {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                self.failed.append(answer.status)
            version = answer.headers["X-Model-Version"]
            if [version] != self.versions[-1:]:
                self.versions.append(version)
        connection.close()

    def end(self) -> None:
        self._ended.set()
        self.join()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Give a function that starts `churn` with arguments and returns its output file."""
    running = []

    def run(*arguments: str, **environ: str) -> Path:
        output = tmp_path / f"{arguments[0]}.log"
        code = "from churn_service.cli import main; main()"
        with output.open("wb") as stream:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-c", code, *arguments],
                    env={**os.environ, **environ, "PYTHONUNBUFFERED": "1"},
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                )
            )
        return output

    yield run
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=30)


def wait_for(is_true: Callable[[], bool]) -> float:
    started = time.monotonic()
    while not is_true():
        assert time.monotonic() - started < SECONDS, "not in time"
        time.sleep(0.02)
    return time.monotonic() - started


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_champion_whose_scores_drift_hard_is_rolled_back_and_no_request_fails(
    publisher: Any, document: ModelDocument, port: int, start: Callable[..., Path]
) -> None:
    known = msgspec.structs.replace(document, reference=reference_of(document))
    bold = msgspec.structs.replace(known.scorer, intercept=3.0)
    old = publisher.publish(known)
    new = publisher.publish(msgspec.structs.replace(known, scorer=bold), promote=False)
    root = publisher.root
    environ = {"CHURN_MODEL_ROOT": str(root), "CHURN_WATCH_SECONDS": "0.1", "PORT": str(port)}
    start("serve", **environ)
    wait_for(lambda: is_ready(port))
    watch = ("models", "watch", "--url", f"http://127.0.0.1:{port}", "--interval", "0.1")
    said = start(*watch, CHURN_MODEL_ROOT=str(root))
    wait_for(lambda: "watching churn" in said.read_text())
    pages = [records(document.schema, ROWS, seed) for seed in range(5)]
    client = Client(port, [json.dumps(page).encode() for page in pages])
    client.start()
    wait_for(lambda: client.versions == [old])

    promote(root, "churn", Wish(version=new, actor="ann", reason="bold", force=True))
    wait_for(lambda: new in client.versions)
    seconds = wait_for(lambda: client.versions[-1] == old)
    client.end()

    alias, line = read_alias(root, "churn", CHAMPION), read_promotions(root, "churn")[-1]
    assert alias is not None
    assert (alias.version, client.failed, client.versions) == (old, [], [old, new, old])
    assert (line.actor, line.rollback, line.previous, line.version) == ("automatic", True, new, old)
    assert line.reason.startswith("PSI of the score is")
    assert f"{new} was rolled back to {old}: PSI" in said.read_text()
    assert seconds < SECONDS
