"""`churn drift`: whether the model's world has changed."""

import csv
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from churn_service import cli
from churn_service.artefact.aliases import CHAMPION, write_alias
from churn_service.artefact.reader import read_artefact
from churn_service.artefact.writer import write_version
from churn_service.monitoring.counts import BinCounter
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import Registration


@pytest.fixture
def registry(gym_version: Registration) -> dict[str, str]:
    root = gym_version.folder.parent.parent
    return {"CHURN_MODEL_ROOT": str(root), "CHURN_MODEL_NAME": "gym"}


@pytest.fixture
def old_registry(gym_version: Registration, tmp_path: Path) -> dict[str, str]:
    """A registry whose champion was trained before references were written."""
    artefact = read_artefact(gym_version.folder)
    document = msgspec.structs.replace(artefact.document, reference=None)
    version = write_version(tmp_path, document, artefact.golden, {})
    write_alias(tmp_path, "gym", CHAMPION, version, reason="test", actor="tests")
    return {"CHURN_MODEL_ROOT": str(tmp_path), "CHURN_MODEL_NAME": "gym"}


def run(*arguments: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments], env=env)


def older_members(source: Path, folder: Path) -> Path:
    """Write the same members, all of them at least 60 years old."""
    text = source.read_bytes().decode("cp1252")
    rows = list(csv.reader(text.splitlines(), delimiter=";"))
    age = [cell.strip() for cell in rows[0]].index("Age")
    for row in rows[1:]:
        row[age] = str(max(60, int(row[age])))
    target = folder / "older.csv"
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    return target


def test_the_training_table_has_not_drifted(registry: dict[str, str], gym_files: Any) -> None:
    result = run("drift", "--data", gym_files.data, "--check", env=registry)
    assert result.exit_code == 0, result.output
    assert "1,500 customers: no drift" in result.stdout
    assert "blind to a change of their behaviour" in result.stdout


def test_a_field_that_has_changed_is_named_and_checked(
    registry: dict[str, str], gym_files: Any, tmp_path: Path
) -> None:
    older = older_members(gym_files.data, tmp_path)
    result = run("drift", "--data", older, "--check", env=registry)
    assert result.exit_code == 3
    assert "drift in age" in result.stdout
    assert "DRIFTED" in result.stdout
    assert run("drift", "--data", older, env=registry).exit_code == 0


def test_json_is_for_programs(registry: dict[str, str], gym_files: Any) -> None:
    result = run("drift", "--data", gym_files.data, "--json", env=registry)
    facts = json.loads(result.stdout)
    assert (facts["rows"], facts["drifted"]) == (1500, [])


def test_counts_of_replicas_are_added(
    registry: dict[str, str], gym_model: TrainedModel, gym_version: Registration, tmp_path: Path
) -> None:
    assert gym_model.document.reference
    counter = BinCounter(gym_version.version, gym_model.document.reference)
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file, members in zip(files, (slice(0, 400), slice(400, 900)), strict=True):
        counts = counter.empty()
        counter.add(counts, gym_model.dataset.customers[members], [])
        answer = {"model_version": gym_version.version, "counts": counts}
        file.write_bytes(msgspec.json.encode(answer))
    result = run("drift", "--counts", files[0], "--counts", files[1], env=registry)
    assert result.exit_code == 0, result.output
    assert "900 customers" in result.stdout


def test_counts_of_another_version_are_refused(registry: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    scores = {"customers": [0] * 200, "chances": [0.0] * 200}
    counts = {"model_version": "other", "bins": [], "scores": scores}
    file.write_text(json.dumps({"counts": counts}))
    result = run("drift", "--counts", file, env=registry)
    assert result.exit_code == 1
    assert "counts of other cannot be added" in result.output


def test_counts_that_are_none_are_refused(registry: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text('{"watched": false}')
    result = run("drift", "--counts", file, env=registry)
    assert result.exit_code == 1
    assert "missing required field `counts`" in result.output


class Replica(BaseHTTPRequestHandler):
    """A replica that answers with what the test put into it."""

    answer = b""

    def do_GET(self) -> None:
        """Answer and say how long the answer is."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def replicas() -> Iterator[list[str]]:
    """Two running replicas, by their URLs."""
    servers = [HTTPServer(("127.0.0.1", 0), Replica) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for thread in threads:
        thread.start()
    yield [f"http://127.0.0.1:{server.server_port}" for server in servers]
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


def test_all_replicas_behind_the_urls_are_asked(
    registry: dict[str, str],
    gym_model: TrainedModel,
    gym_version: Registration,
    replicas: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert gym_model.document.reference
    counter = BinCounter(gym_version.version, gym_model.document.reference)
    counts = counter.empty()
    counter.add(counts, gym_model.dataset.customers[:400], [])
    monkeypatch.setattr(Replica, "answer", msgspec.json.encode({"counts": counts}))
    result = run("drift", "--url", replicas[0], "--url", replicas[1], env=registry)
    assert result.exit_code == 0, result.output
    assert "800 customers" in result.stdout


def test_a_replica_that_does_not_answer_leaves_no_verdict(registry: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        result = run("drift", "--url", url, env=registry)
    assert result.exit_code == 1
    assert "does not answer" in result.output
    nowhere = run("drift", "--url", "http://" + "a" * 70, env=registry)
    assert (nowhere.exit_code, "nobody is known" in nowhere.output) == (1, True)


def test_either_a_table_or_counts_must_be_given(registry: dict[str, str]) -> None:
    result = run("drift", env=registry)
    assert result.exit_code == 2
    assert "give either --data, --counts or --url" in result.output


def test_an_old_version_cannot_be_compared(old_registry: dict[str, str], gym_files: Any) -> None:
    result = run("drift", "--data", gym_files.data, env=old_registry)
    assert result.exit_code == 2
    assert "train again" in result.output
