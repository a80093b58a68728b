"""Bulk jobs by HTTP, worked off by real processes: whole results, or a reason."""

import csv
import gzip
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema
from churn_service.errors import StorageFullError, UnreadableBodyError
from churn_service.jobs import process
from churn_service.jobs.runner import JobRunner
from churn_service.jobs.spool import spool

Record = dict[str, Any]
CSV, LINES = "text/csv", "application/x-ndjson"
LENIENT = {"Prefer": "handling=lenient"}


@pytest.fixture
def customers(schema: CustomerSchema) -> list[Record]:
    return list(itertools.islice(sample_customers(schema, seed=4), 40))


@pytest.fixture
def folders(tmp_path: Path, model_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the folders in the environment, which a job's process inherits."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("CHURN_MODEL_ROOT", str(model_root))
    monkeypatch.setenv("CHURN_JOBS_FOLDER", str(tmp_path / "jobs"))
    return tmp_path


@pytest.fixture
def service(folders: Path, model_root: Path, make_service) -> Any:
    running = make_service(
        model_root,
        jobs_folder=folders / "jobs",
        data_folder=folders / "data",
        max_upload_bytes=5_000_000,
        max_jobs_waiting=3,
    )
    running.registry.refresh()
    return running


@pytest.fixture
def runner(service) -> JobRunner:
    found: JobRunner = service.app.extensions["jobs"].runner
    return found


@pytest.fixture
def work(runner: JobRunner, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Do what waits as a job's process does, but in this one."""
    monkeypatch.setattr(os, "nice", lambda _: None)
    monkeypatch.setattr(process, "_end_with_the_service", lambda: None)

    def work_off() -> None:
        for job in runner._store.all():
            process.run(job.order.id, os.environ)

    return work_off


def as_csv(records: list[Record]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def as_lines(records: list[Record]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def send(client: FlaskClient, body: bytes, kind: str = CSV, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/jobs", data=body, content_type=kind, headers=named)


def done(client: FlaskClient, answer: TestResponse, work: Callable[[], None]) -> Record:
    assert answer.status_code == 202, answer.text
    work()
    found: Record = client.get(answer.headers["Location"]).json
    return found


def result(client: FlaskClient, job: Record, **headers: str) -> TestResponse:
    return client.get(f"/jobs/{job['id']}/result", headers=headers, buffered=True)


def test_a_jobs_folder_may_be_named_from_the_working_folder(
    folders: Path, model_root: Path, make_service, customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folders)
    monkeypatch.setenv("CHURN_JOBS_FOLDER", "jobs")
    monkeypatch.setattr(os, "nice", lambda _: None)
    running = make_service(model_root, jobs_folder=Path("jobs"))
    running.registry.refresh()
    client = running.app.test_client()
    place = send(client, as_csv(customers)).headers["Location"]
    process.run(place.rpartition("/")[2], os.environ)
    answer = client.get(f"{place}/result", buffered=True)
    assert answer.status_code == 200
    assert len(answer.data.splitlines()) == len(customers) + 1


@pytest.mark.parametrize(("kind", "spell"), [(CSV, as_csv), (LINES, as_lines)])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_job_answers_what_predict_answers(
    client: FlaskClient, work, customers, kind: str, spell, coding: str
) -> None:
    body = spell(customers)
    headers = {"Content-Encoding": coding} if coding else {}
    sent = gzip.compress(body) if coding else body

    job = done(client, send(client, sent, kind, **headers), work)
    answer = result(client, job)
    direct = client.post("/predict", data=body, content_type=kind)

    assert (job["state"], job["rows"], job["bad_rows"]) == ("done", 40, 0)
    assert job["read_bytes"] == job["input_bytes"] == len(sent)
    assert job["share_read"] == 1
    assert answer.data == direct.data
    assert answer.mimetype == direct.mimetype
    assert answer.headers["X-Model-Version"] == job["model_version"]


def test_the_result_may_have_another_form(client: FlaskClient, work, customers) -> None:
    job = done(client, send(client, as_csv(customers), Accept=LINES), work)

    assert [json.loads(line)["customer_id"] for line in result(client, job).text.splitlines()] == [
        record["customerid"] for record in customers
    ]


@pytest.mark.parametrize(
    ("kind", "start"),
    [("application/vnd.apache.arrow.stream", b"\xff\xff\xff\xff"),
     ("application/vnd.apache.parquet", b"PAR1")],
)  # fmt: skip
def test_the_result_may_be_columns(
    client: FlaskClient, work, customers, kind: str, start: bytes
) -> None:
    pytest.importorskip("pyarrow")

    job = done(client, send(client, as_csv(customers), Accept=kind), work)
    answer = result(client, job)

    assert (job["state"], answer.mimetype) == ("done", kind)
    assert answer.data.startswith(start)


def test_a_file_may_be_an_arrow_stream(client: FlaskClient, work, customers) -> None:
    pa = pytest.importorskip("pyarrow")
    table, kind = pa.Table.from_pylist(customers), "application/vnd.apache.arrow.stream"
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table, max_chunksize=15)
    body = sink.getvalue().to_pybytes()

    job = done(client, send(client, body, kind, Accept=CSV), work)
    bad = done(client, send(client, body[:-30], kind), work)

    direct = client.post("/predict", data=as_csv(customers), content_type=CSV)
    assert (job["state"], job["rows"]) == ("done", 40)
    assert result(client, job).data == direct.data
    assert (bad["state"], "cut short" in bad["detail"]) == ("failed", True)


def test_a_long_file_is_scored_in_columns_with_the_same_bytes(
    client: FlaskClient, work, customers
) -> None:
    header, *lines = as_csv(customers).splitlines(keepends=True)
    file = header + b"".join(lines) * 200

    job = done(client, send(client, file), work)

    direct = client.post("/predict", data=header + b"".join(lines), content_type=CSV).data
    first, *rows = direct.splitlines(keepends=True)
    assert job["state"] == "done"
    assert result(client, job).data == first + b"".join(rows) * 200


def test_a_strict_job_with_a_bad_row_fails_and_names_it(
    client: FlaskClient, work, customers
) -> None:
    customers[30]["tenure"] = -1000

    job = done(client, send(client, as_csv(customers)), work)

    assert job["state"] == "failed"
    assert job["errors"][0]["pointer"] == "/30/tenure"
    assert job["errors"][0]["detail"].startswith("line 32: must be")
    assert (result(client, job).status_code, result(client, job).json["type"]) == (
        409, "/problems/job-not-done",
    )  # fmt: skip


def test_a_lenient_job_has_errors_beside_scores(client: FlaskClient, work, customers) -> None:
    customers[30]["tenure"] = -1000

    job = done(client, send(client, as_lines(customers), LINES, **LENIENT), work)
    rows = [json.loads(line) for line in result(client, job).text.splitlines()]

    assert (job["state"], job["rows"], job["bad_rows"]) == ("done", 40, 1)
    assert [row["index"] for row in rows if "errors" in row] == [30]


BROKEN = {
    "empty": (CSV, b"", {}, "empty"),
    "header only is an empty answer": (CSV, None, {}, ""),
    "twice the same column": (CSV, b"tenure,tenure\n1,2\n", {}, "errors"),
    "not utf-8": (CSV, b"tenure\n\xff\n", {}, "UTF-8"),
    "not json": (LINES, b"{\n", {}, "Line 1"),
    "no gzip": (CSV, b"tenure\n1\n", {"Content-Encoding": "gzip"}, "gzip"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_failed_job_with_its_reason(
    client: FlaskClient, work, customers, name: str
) -> None:
    kind, body, headers, words = BROKEN[name]
    body = as_csv(customers).partition(b"\n")[0] + b"\n" if body is None else body

    job = done(client, send(client, body, kind, **headers), work)

    assert (job["state"], words in job["detail"]) == ("failed" if words else "done", True)


def test_a_truncated_gzip_file_gives_no_half_result(client: FlaskClient, work, customers) -> None:
    body = gzip.compress(as_csv(customers))[:-6]

    job = done(client, send(client, body, Content_Encoding="gzip"), work)

    assert (job["state"], job["detail"]) == ("failed", "The gzip file ends before its end.")
    assert result(client, job).status_code == 409


def test_a_file_of_the_data_folder_is_scored_by_name(
    client: FlaskClient, folders: Path, work, customers
) -> None:
    (folders / "data" / "people.csv.gz").write_bytes(gzip.compress(as_csv(customers)))

    job = done(client, client.post("/jobs", json={"path": "people.csv.gz"}), work)

    assert (job["state"], job["rows"]) == ("done", 40)
    assert (folders / "data" / "people.csv.gz").exists()
    assert "path" not in job


OUTSIDE = ["../secret.csv", "/etc/passwd", "link.csv", "", ".", "a\0b", "no.csv"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_the_data_folder_is_read(
    client: FlaskClient, folders: Path, path: str
) -> None:
    (folders / "secret.csv").write_text("tenure\n")
    (folders / "data" / "link.csv").symlink_to(folders / "secret.csv")

    answer = client.post("/jobs", json={"path": path})

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/file-not-found")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"path": 5}', b'{"path": "x", "odd": 1}'])
def test_an_order_that_is_none_is_refused(client: FlaskClient, body: bytes) -> None:
    assert client.post("/jobs", data=body, content_type="application/json").status_code == 400


def test_other_types_and_codings_are_refused_with_those_taken(client: FlaskClient) -> None:
    odd = send(client, b"x", "application/xml")

    assert odd.status_code == 415
    assert CSV in odd.headers["Accept-Post"]
    assert send(client, b"x", **{"Content-Encoding": "br"}).status_code == 415


def test_an_upload_over_the_limit_is_413_and_leaves_nothing(
    client: FlaskClient, folders: Path
) -> None:
    assert send(client, b"x" * 5_000_001).status_code == 413
    assert list((folders / "jobs").iterdir()) == []


def test_an_upload_that_broke_off_at_a_line_end_is_no_file(tmp_path: Path) -> None:
    whole, half = b"a,b\n1,2\n3,4\n", b"a,b\n1,2\n"

    assert spool(io.BytesIO(whole), tmp_path / "whole", len(whole)).size == len(whole)
    with pytest.raises(UnreadableBodyError, match="broke off"):
        spool(io.BytesIO(half), tmp_path / "half", len(whole))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageFullError, match="full"):
        spool(io.BytesIO(b"x" * 1000), Path("/dev/full"), None)
    with pytest.raises(StorageFullError, match="less room"):
        spool(io.BytesIO(b"x"), tmp_path / "input", 2**60)


def test_more_jobs_than_may_wait_are_503(client: FlaskClient, customers) -> None:
    answers = [send(client, as_csv(customers)) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 503]
    assert answers[3].headers["Retry-After"] == "60"


def test_the_same_key_makes_one_job(client: FlaskClient, customers) -> None:
    body, key = as_csv(customers), {"Idempotency-Key": "k1"}

    first, again = send(client, body, **key), send(client, body, **key)
    other = send(client, body + b"\n", **key)

    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)
    assert first.json["id"] == again.json["id"]
    assert len(client.get("/jobs").json["jobs"]) == 1


def test_a_job_is_seen_by_its_owner_only(client: FlaskClient, customers) -> None:
    mine = {"X-Key-Owner": "ann"}
    job = send(client, as_csv(customers), **mine).json

    assert client.get(f"/jobs/{job['id']}", headers=mine).status_code == 200
    assert client.get(f"/jobs/{job['id']}", headers={"X-Key-Owner": "bob"}).status_code == 404
    assert client.get("/jobs").json == {"jobs": []}
    assert client.get("/jobs/../../etc").status_code == 404


def test_a_part_of_a_result_may_be_asked_for(client: FlaskClient, work, customers) -> None:
    job = done(client, send(client, as_csv(customers)), work)

    part = result(client, job, Range="bytes=0-10")

    assert (part.status_code, part.data) == (206, result(client, job).data[:11])


def test_a_waiting_job_is_cancelled_at_once_and_an_ended_one_removed(
    client: FlaskClient, folders: Path, work, customers
) -> None:
    place = send(client, as_csv(customers)).headers["Location"]

    cancelled = client.delete(place)
    work()

    assert (cancelled.status_code, cancelled.json["state"]) == (202, "cancelled")
    assert client.get(place).json["rows"] == 0
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404
    assert list((folders / "jobs").iterdir()) == []


def test_without_a_folder_jobs_are_off(model_root: Path, make_service) -> None:
    client = make_service(model_root).client

    answer = client.get("/jobs")

    assert (answer.status_code, answer.json["type"]) == (501, "/problems/jobs-off")
    assert "CHURN_JOBS_FOLDER" in answer.json["detail"]


def test_old_results_are_removed(client: FlaskClient, service, runner, customers) -> None:
    job = done(client, send(client, as_csv(customers)), runner.work_off)

    runner._now = lambda: datetime.now(UTC) + timedelta(hours=73)
    runner.work_off()

    assert client.get(f"/jobs/{job['id']}").status_code == 404
    assert [event["job"] for event in service.events("job.removed")] == [job["id"]]


def test_ended_jobs_are_counted_and_logged(client: FlaskClient, service, runner, customers) -> None:
    job = done(client, send(client, as_csv(customers)), runner.work_off)

    assert service.metric_lines("churn_jobs_total")[0] == 'churn_jobs_total{state="done"} 1.0'
    assert service.metric_lines("churn_job_rows_total") == ["churn_job_rows_total 40.0"]
    [event] = service.events("job.ended")
    assert (event["job"], event["state"], event["rows"]) == (job["id"], "done", 40)


def wait_for(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def long_body(customers: list[Record]) -> bytes:
    header, _, rows = as_csv(customers).partition(b"\n")
    return header + b"\n" + rows * (4_500_000 // len(rows))


def test_a_killed_job_is_done_again_from_its_input(
    client: FlaskClient, folders: Path, runner, customers
) -> None:
    body = long_body(customers)
    job = send(client, body).json
    command = [sys.executable, "-m", "churn_service.jobs", job["id"]]
    child = subprocess.Popen(command)
    part = folders / "jobs" / job["id"] / "result.part"
    wait_for(lambda: part.exists() and part.stat().st_size > 0)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert client.get(f"/jobs/{job['id']}").json["state"] == "running"

    runner.work_off()
    found = client.get(f"/jobs/{job['id']}").json

    rows = body.count(b"\n") - 1
    assert (found["state"], found["rows"], found["attempts"]) == ("done", rows, 2)
    assert result(client, job).data.count(b"\n") == rows + 1
    assert result(client, job).data.count(b"customer_id") == 1


def test_a_running_job_stops_when_it_is_cancelled(
    client: FlaskClient, folders: Path, customers
) -> None:
    job = send(client, long_body(customers)).json
    child = subprocess.Popen([sys.executable, "-m", "churn_service.jobs", job["id"]])
    part = folders / "jobs" / job["id"] / "result.part"
    wait_for(part.exists)

    answer = client.delete(f"/jobs/{job['id']}")

    assert answer.status_code == 202
    assert child.wait(30) == 0
    assert client.get(f"/jobs/{job['id']}").json["state"] == "cancelled"
    assert not part.exists()


def test_a_job_that_never_comes_to_its_end_is_given_up(
    client: FlaskClient, folders: Path, work, customers
) -> None:
    job = send(client, as_csv(customers)).json
    path = folders / "jobs" / job["id"] / "progress.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"state": "running", "attempts": 3}))

    work()

    found = client.get(f"/jobs/{job['id']}").json
    assert (found["state"], "3 times" in found["detail"]) == ("failed", True)


def test_two_processes_never_work_on_one_job(client: FlaskClient, runner, customers) -> None:
    job = send(client, as_csv(customers)).json

    with runner._store.worked_on(job["id"]) as is_ours:
        runner.work_off()
        done = subprocess.run([sys.executable, "-m", "churn_service.jobs", job["id"]], check=False)

    assert (is_ours, done.returncode) == (True, 75)
    assert client.get(f"/jobs/{job['id']}").json["state"] == "queued"


def test_a_process_without_a_folder_does_nothing() -> None:
    assert process.run("20260101-0123456789abcdef", {}) == 75


def test_a_job_whose_version_is_gone_fails_with_the_reason(
    client: FlaskClient, folders: Path, work, customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = send(client, as_csv(customers))
    monkeypatch.setenv("CHURN_MODEL_ROOT", str(folders))

    job = done(client, answer, work)

    assert (job["state"], "no such version" in job["detail"]) == ("failed", True)


def test_the_runner_works_in_a_thread_and_stops(client: FlaskClient, runner, customers) -> None:
    (runner._store.folder / "20260101-0123456789abcdef").mkdir()
    runner.start()

    job = send(client, as_csv(customers)).json
    wait_for(lambda: client.get(f"/jobs/{job['id']}").json["state"] == "done")
    runner.stop()

    assert not (runner._store.folder / "20260101-0123456789abcdef").exists()


def test_a_job_ends_with_the_process_that_started_it(
    client: FlaskClient, folders: Path, customers
) -> None:
    job = send(client, long_body(customers)).json
    start = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)"
    child = [sys.executable, "-m", "churn_service.jobs", job["id"]]
    parent = subprocess.Popen([sys.executable, "-c", start, *child])
    place = folders / "jobs" / job["id"]
    wait_for((place / "result.part").exists)

    parent.kill()
    parent.wait()

    store = client.application.extensions["jobs"].runner._store

    def is_free() -> bool:
        with store.worked_on(job["id"]) as free:
            return bool(free)

    wait_for(is_free)
    assert client.get(f"/jobs/{job['id']}").json["state"] == "running"


def test_a_job_at_hand_is_left_for_the_next_start(
    client: FlaskClient, folders: Path, runner, customers
) -> None:
    job = send(client, long_body(customers)).json
    runner.start()
    wait_for((folders / "jobs" / job["id"] / "result.part").exists)

    runner.begin_to_stop()
    runner.stop()

    assert client.get(f"/jobs/{job['id']}").json["state"] == "running"
    runner._stop.clear()
    runner.work_off()
    assert client.get(f"/jobs/{job['id']}").json["state"] == "done"


def test_an_upload_of_unknown_length_is_refused_with_the_cure(client: FlaskClient) -> None:
    chunked = {"Transfer-Encoding": "chunked"}
    body = io.BytesIO(b"tenure\n")
    answer = client.post("/jobs", input_stream=body, content_type=CSV, headers=chunked)

    assert (answer.status_code, answer.json["type"]) == (411, "/problems/length-required")


def test_slow_uploads_leave_threads_to_others(client: FlaskClient, service, customers) -> None:
    uploads = service.app.extensions["jobs"].uploads
    for _ in range(4):
        assert uploads.acquire(blocking=False)

    busy = send(client, as_csv(customers))
    uploads.release()

    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
    assert send(client, as_csv(customers)).status_code == 202
