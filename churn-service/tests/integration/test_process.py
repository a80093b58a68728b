"""The process: what it imports, what it reads, that it serves."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from churn_service import app
from service_kit.settings import SettingsError

Record = dict[str, object]


def test_serving_imports_no_training_library_and_does_nothing() -> None:
    code = (
        "import sys, threading, churn_service.app\n"
        "heavy = {'sklearn', 'pandas', 'numpy', 'scipy', 'pickle5', 'joblib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert 'churn_service.training' not in sys.modules\n"
        "assert threading.active_count() == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PATH": os.environ["PATH"]})


def test_a_wrong_setting_stops_the_start_with_its_name() -> None:
    with pytest.raises(SettingsError, match="CHURN_MAX_ROW: is not a setting; did you mean"):
        app.run({"CHURN_MAX_ROW": "5"})


def test_run_listens_on_loopback_unless_the_network_is_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[dict[str, object]] = []
    monkeypatch.setattr(app, "serve", lambda _target, **options: calls.append(options))
    app.run({"PORT": "9000"})
    app.run({"CHURN_TRUST_NETWORK": "1", "CHURN_THREADS": "3"})
    assert [each.pop("log") is not None for each in calls] == [True, True]
    assert calls == [
        {"host": "127.0.0.1", "port": 9000, "threads": 16, "drain_seconds": 0},
        {"host": "0.0.0.0", "port": 8080, "threads": 3, "drain_seconds": 2},  # noqa: S104 - the point of the test
    ]


def test_the_factory_serves_the_champion_of_the_environment(
    model_root: Path, monkeypatch: pytest.MonkeyPatch, customer: Record
) -> None:
    monkeypatch.setenv("CHURN_MODEL_ROOT", str(model_root))
    client = app.create_wsgi().test_client()
    assert client.post("/predict", json=customer).status_code == 200


@pytest.fixture
def port(model_root: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {"CHURN_MODEL_ROOT": str(model_root), "PORT": str(port), "CHURN_THREADS": "2"}
    code = "import os; from churn_service.app import run; run(os.environ)"
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **environ}, stdout=subprocess.DEVNULL
    )
    yield port
    process.terminate()
    assert process.wait(timeout=30) == 0


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def is_ready(port: int) -> bool:
    try:
        return ask(port, "GET", "/health/ready")[0] == 200
    except OSError:
        return False


def test_a_real_server_scores_and_ends_on_sigterm(port: int, customer: Record) -> None:
    wait_until(lambda: is_ready(port))
    status, content = ask(port, "POST", "/predict", json.dumps(customer).encode())
    assert status == 200
    assert 0 < json.loads(content)["churn_probability"] < 1
