"""The end of a process: not ready, still answering, nothing lost."""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.serving.client import Request
from benchmarks.serving.restarts import Replica, restart_under_load

Record = dict[str, object]
JSON = {"Content-Type": "application/json"}


class Process:
    def __init__(self, root: Path, log: Path, port: int) -> None:
        self.port = port
        self.log = log
        environ = {"CHURN_MODEL_ROOT": str(root), "CHURN_DRAIN_SECONDS": "1", "PORT": str(port)}
        code = "import os; from churn_service.app import run; run(os.environ)"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code], stdout=out, env={**os.environ, **environ}
            )

    def ask(
        self, connection: http.client.HTTPConnection, path: str, body: bytes = b""
    ) -> tuple[int, bytes, str]:
        connection.request("POST" if body else "GET", path, body, JSON)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Connection", "")

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def ask_once(self, path: str, body: bytes = b"") -> tuple[int, bytes, str]:
        with contextlib.closing(self.connection()) as connection:
            return self.ask(connection, path, body)

    def wait_for(self, status: int) -> bytes:
        """Return what /health/ready says once it has this status."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                found, content, _ = self.ask_once("/health/ready")
            except OSError:
                found, content = 0, b""
            if found == status:
                return content
            time.sleep(0.01)
        pytest.fail(f"no {status} in time")


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
        return number


@pytest.fixture
def process(model_root: Path, tmp_path: Path, port: int) -> Iterator[Process]:
    started = Process(model_root, tmp_path / "log", port)
    yield started
    started.process.kill()
    started.process.wait()


def test_a_process_serves_on_while_it_drains_and_loses_no_log_line(
    process: Process, customer: Record
) -> None:
    process.wait_for(200)
    body = json.dumps(customer).encode()
    kept = process.connection()
    assert process.ask(kept, "/predict", body)[2] == ""
    process.process.send_signal(signal.SIGTERM)
    assert json.loads(process.wait_for(503))["status"] == "draining"
    status, _, connection = process.ask(kept, "/predict", body)
    assert (status, connection) == (200, "close")
    for _ in range(20):
        assert process.ask_once("/predict", body)[0] == 200
    assert process.process.wait(timeout=20) == 0
    kept.close()
    events = [json.loads(line) for line in process.log.read_text().splitlines()]
    served = [event for event in events if event["event"] == "request.served"]
    assert len(served) == 22
    assert len({event["request_id"] for event in served}) == 22


def test_a_second_sigterm_ends_the_drain(process: Process) -> None:
    process.wait_for(200)
    process.process.send_signal(signal.SIGTERM)
    process.wait_for(503)
    process.process.send_signal(signal.SIGTERM)
    assert process.process.wait(timeout=20) == 0


def test_rolling_restarts_behind_a_retrying_proxy_lose_nothing(
    model_root: Path, tmp_path: Path, customer: Record
) -> None:
    replicas = (Replica(model_root, tmp_path / "a", 0.3), Replica(model_root, tmp_path / "b", 0.3))
    try:
        for replica in replicas:
            replica.start()
        request = Request("/predict", json.dumps(customer).encode())
        proxy, ends = asyncio.run(restart_under_load(replicas, request, restarts=2))
    finally:
        for replica in replicas:
            replica.stop()
    assert (proxy.lost, ends) == ([], [0, 0])
    assert proxy.answered > 100
