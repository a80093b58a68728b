import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from churn_contract.schema import CustomerSchema
from marketing_service.errors import ImportFileError, LeaseLostError
from marketing_service.importing.importer import Importer
from marketing_service.importing.spool import Spool
from marketing_service.importing.upload import IMPORT_JOB, Upload, accept_upload
from marketing_service.store import audit, customers, imports, jobs
from marketing_service.store.engine import Database
from marketing_service.store.imports import ImportRun
from marketing_service.store.jobs import Job

HEADER = "Boat,Length,Hull,Fee,Mail\n"
NOW = 1_700_000_000_000

Publish = Callable[[Database, CustomerSchema], None]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def ready(database: Database, schema: CustomerSchema, publish: Publish) -> Database:
    """Give a database whose worker knows the schema."""
    publish(database, schema)
    return database


def _boats(count: int, start: int = 0, length: float = 7) -> str:
    return "".join(
        f"B-{number:06},{length},steel,,b{number}@example.test\n"
        for number in range(start, start + count)
    )


def _upload(database: Database, spool: Spool, text: str, now_ms: int = NOW) -> ImportRun:
    body = io.BytesIO(text.encode())
    return accept_upload(database, spool, body, Upload(), now_ms=now_ms, actor="ann")


def _claim(database: Database, now_ms: int = NOW) -> Job:
    with database.write() as conn:
        job = jobs.claim(conn, [IMPORT_JOB], now_ms=now_ms, lease_ms=60_000)
    assert job is not None
    return job


def _importer(database: Database, spool: Spool, chunk_rows: int = 10) -> Importer:
    return Importer(database, spool, clock=lambda: NOW, address_key=b"key", chunk_rows=chunk_rows)


def _run(database: Database, spool: Spool, text: str, now_ms: int = NOW) -> ImportRun:
    run = _upload(database, spool, text, now_ms)
    _importer(database, spool).run(_claim(database))
    with database.read() as conn:
        return imports.get(conn, run.id)


def _ids(database: Database) -> list[str]:
    with database.read() as conn:
        return [customer.external_id for customer in customers.page(conn, limit=100_000)]


def test_all_good_rows_of_all_chunks_are_stored(ready: Database, spool: Spool) -> None:
    run = _run(ready, spool, HEADER + _boats(25))

    assert (run.state, run.chunks_done, run.error) == ("done", 3, None)
    assert run.counts == {
        "read": 25, "new": 25, "changed": 0, "unchanged": 0, "rejected": 0, "duplicate": 0,
        "no_address": 0,
    }  # fmt: skip
    with ready.read() as conn:
        boat = customers.get(conn, "B-000003")
    assert boat.attrs == {"length": 7.0, "hull": "steel", "fee": 0.0}
    assert boat.email == "b3@example.test"


def test_the_job_and_the_file_are_finished_too(ready: Database, spool: Spool) -> None:
    run = _run(ready, spool, HEADER + _boats(3))

    with ready.read() as conn:
        job = jobs.get(conn, 1)
        newest = audit.page(conn)[0]
    assert job is not None
    assert job.state == "done"
    assert job.progress == run.counts
    assert (newest.action, newest.actor, newest.diff["counts"]) == (
        "import.done",
        "ann",
        run.counts,
    )
    assert not spool.path(run.id).exists()


def test_bad_rows_are_kept_apart_with_every_reason(ready: Database, spool: Spool) -> None:
    text = HEADER + "B-1,7,steel,,\nB-2,long,wood,,\nB-3,8\nB-4,9,steel,,\n"
    run = _run(ready, spool, text)

    assert (run.counts["new"], run.counts["rejected"]) == (2, 2)
    with ready.read() as conn:
        rejects = imports.rejects_page(conn, run.id)
    assert [(reject.row_no, reject.field, reject.code) for reject in rejects] == [
        (3, "length", "wrong-type"), (3, "hull", "unknown-level"), (4, "", "wrong-shape"),
    ]  # fmt: skip
    assert rejects[0].raw == "B-2,long,wood,,"


def test_a_second_file_changes_what_differs_and_nothing_else(ready: Database, spool: Spool) -> None:
    _run(ready, spool, HEADER + _boats(20))

    run = _run(ready, spool, HEADER + _boats(5) + _boats(5, 5, length=9) + _boats(5, 20), NOW + 1)

    assert run.counts == {
        "read": 15, "new": 5, "changed": 5, "unchanged": 5, "rejected": 0, "duplicate": 0,
        "no_address": 0,
    }  # fmt: skip
    assert len(_ids(ready)) == 25


def test_of_rows_with_one_id_the_last_wins_within_and_across_chunks(
    ready: Database, spool: Spool
) -> None:
    text = HEADER + _boats(1) + _boats(1, length=8) + _boats(12, start=1) + _boats(1, length=9)
    run = _run(ready, spool, text)

    assert (run.counts["read"], run.counts["duplicate"], run.counts["new"]) == (15, 1, 13)
    with ready.read() as conn:
        assert customers.get(conn, "B-000000").attrs["length"] == 9.0


def test_what_may_surprise_is_noted(ready: Database, spool: Spool) -> None:
    text = (
        "Boat,Length,Hull,Fee,Mail,Sold,Colour\nB-1,7,steel,,,yes,blue\nB-2,8,steel,,b@x.test,no,\n"
    )
    run = _run(ready, spool, text)

    assert run.counts["no_address"] == 1
    assert run.notes == [
        "Customers without a mail address, who will get no mail: 1.",
        (
            "The column Sold holds the outcome and was not imported: report outcomes with"
            " marketing outcomes import."
        ),
        "These columns were left out: Colour.",
    ]


def test_another_encoding_is_noted(ready: Database, spool: Spool) -> None:
    body = io.BytesIO((HEADER + "B-é,7,steel,,a@example.test\n").encode("cp1252"))
    run = accept_upload(ready, spool, body, Upload(), now_ms=NOW, actor="ann")
    _importer(ready, spool).run(_claim(ready))

    with ready.read() as conn:
        (note,) = imports.get(conn, run.id).notes
    assert "read as Windows-1252" in note


def test_a_plain_file_leaves_no_note(ready: Database, spool: Spool) -> None:
    assert _run(ready, spool, HEADER + _boats(3)).notes == []


def test_a_file_without_rows_is_refused(ready: Database, spool: Spool) -> None:
    with pytest.raises(ImportFileError, match="not one row"):
        _upload(ready, spool, HEADER)


def test_an_open_quote_fails_the_import_and_keeps_what_was_stored(
    ready: Database, spool: Spool
) -> None:
    run = _run(ready, spool, HEADER + _boats(12) + '"B-9,7,steel\n')

    assert run.state == "failed"
    assert "quote opens in line 14" in (run.error or "")
    assert len(_ids(ready)) == 10
    with ready.read() as conn:
        job = jobs.get(conn, 1)
    assert job is not None
    assert (job.state, job.error) == ("failed", run.error)


def test_an_import_whose_columns_do_not_fit_fails_with_their_names(
    database: Database, spool: Spool, schema: CustomerSchema, publish: Publish
) -> None:
    run = _upload(database, spool, "Boat,Length\nB-1,7\n")
    publish(database, schema)
    _importer(database, spool).run(_claim(database))

    with database.read() as conn:
        assert "no column for hull, fee" in (imports.get(conn, run.id).error or "")


def test_an_import_waits_until_the_schema_is_known(database: Database, spool: Spool) -> None:
    run = _upload(database, spool, HEADER + _boats(3))
    _importer(database, spool).run(_claim(database))

    with database.read() as conn:
        assert imports.get(conn, run.id).state == "queued"
        job = jobs.get(conn, 1)
    assert job is not None
    assert (job.state, job.attempt) == ("queued", 0)
    assert job.lease_until > NOW


def test_a_hopeless_import_is_closed(ready: Database, spool: Spool) -> None:
    run = _upload(ready, spool, HEADER + _boats(3))
    for attempt in range(jobs.MAX_ATTEMPTS + 1):
        job = _claim(ready, NOW + attempt * 100_000)
    _importer(ready, spool).run(job)

    with ready.read() as conn:
        assert imports.get(conn, run.id).error == jobs.HOPELESS


def test_a_resumed_import_goes_on_behind_the_last_stored_chunk(
    ready: Database, spool: Spool
) -> None:
    run = _upload(ready, spool, HEADER + _boats(25) + "B-x,bad,steel,,\n")
    importer = _importer(ready, spool)
    stored = importer._store
    calls = iter(range(10))

    def die_at_the_third(*arguments: object) -> object:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return stored(*arguments)

    importer._store = die_at_the_third
    with pytest.raises(KeyboardInterrupt):
        importer.run(_claim(ready))
    with ready.read() as conn:
        assert imports.get(conn, run.id).counts["read"] == 20

    _importer(ready, spool, chunk_rows=4).run(_claim(ready, NOW * 2))

    with ready.read() as conn:
        done = imports.get(conn, run.id)
        assert len(imports.rejects_page(conn, run.id)) == 1
    assert (done.state, done.chunks_done) == ("done", 4)
    assert (done.counts["read"], done.counts["new"], done.counts["unchanged"]) == (26, 25, 0)
    assert len(_ids(ready)) == 25


def test_a_worker_whose_job_was_taken_over_stores_nothing_more(
    ready: Database, spool: Spool
) -> None:
    run = _upload(ready, spool, HEADER + _boats(5))
    slow = _claim(ready)
    _claim(ready, NOW + 10_000_000)

    with pytest.raises(LeaseLostError):
        _importer(ready, spool).run(slow)

    assert _ids(ready) == []
    with ready.read() as conn:
        assert imports.get(conn, run.id).state == "queued"


def test_a_schema_that_changes_in_between_starts_the_import_again(
    ready: Database, spool: Spool, schema: CustomerSchema, publish: Publish
) -> None:
    run = _upload(ready, spool, HEADER + _boats(5) + "B-x,bad,steel,,\n")
    with ready.write() as conn:
        imports.restart(conn, run.id, schema_digest="old")
        imports.finish_chunk(
            conn, run.id, chunks_done=1, counts=imports.NO_COUNTS | {"read": 6}, rejects=[]
        )
    wider = [
        replace(field, maximum=50) if field.name == "length" else field for field in schema.fields
    ]
    publish(ready, replace(schema, fields=tuple(wider)))

    _importer(ready, spool).run(_claim(ready))

    with ready.read() as conn:
        assert imports.get(conn, run.id).counts["read"] == 6
        assert imports.get(conn, run.id).counts["rejected"] == 1


def test_files_of_finished_and_unknown_imports_are_swept(ready: Database, spool: Spool) -> None:
    _run(ready, spool, HEADER + _boats(2))
    with ready.read() as conn:
        (finished,) = imports.page(conn)
    waiting = _upload(ready, spool, HEADER + _boats(1), NOW + 1)
    for name in (finished.id, "unknown", waiting.id):
        path = spool.path(name)
        path.write_text(HEADER)
        os.utime(path, (0, 0))

    _importer(ready, spool).run(_claim(ready))

    assert [path.stem for path in spool.path("x").parent.iterdir()] == []
    with ready.read() as conn:
        assert imports.get(conn, waiting.id).state == "done"


def test_a_full_chunk_locks_the_database_for_less_than_200_ms(
    sqlite_database: Database, spool: Spool, schema: CustomerSchema, publish: Publish
) -> None:
    publish(sqlite_database, schema)
    bad = "".join(f"X-{number},bad,steel,,\n" for number in range(5_000))
    _upload(sqlite_database, spool, HEADER + _boats(5_000) + bad)
    timed = _TimedDatabase(str(sqlite_database.url))

    _importer(timed, spool, chunk_rows=10_000).run(_claim(timed))

    assert 0 < timed.longest_cpu_seconds < 0.2
    timed.close()


class _TimedDatabase(Database):
    """Remember the processor time of the longest write; waiting for others does not count."""

    longest_cpu_seconds = 0.0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as conn:
            start = time.thread_time()
            yield conn
        spent = time.thread_time() - start
        self.longest_cpu_seconds = max(self.longest_cpu_seconds, spent)


WORKER = """
import sys
from pathlib import Path
from marketing_service.importing.importer import Importer
from marketing_service.importing.spool import Spool
from marketing_service.store import jobs
from marketing_service.store.engine import Database
database, spool = Database(sys.argv[1]), Spool(Path(sys.argv[2]))
with database.write() as conn:
    job = jobs.claim(conn, ["import"], now_ms=int(sys.argv[3]), lease_ms=1)
Importer(database, spool, clock=lambda: 1, chunk_rows=100, lease_ms=1).run(job)
"""


def test_an_import_killed_again_and_again_loses_and_doubles_nothing(
    ready: Database, spool: Spool
) -> None:
    rows = 5_000
    bad = "".join(f"X-{number},bad,steel,,\n" for number in range(50))
    run = _upload(ready, spool, HEADER + _boats(2_000) + bad + _boats(rows - 2_000, 2_000))

    for attempt in range(5):
        _kill_a_worker_that_stores(ready, spool, run.id, NOW * 2 + attempt * 1_000_000)
    with ready.read() as conn:
        assert 0 < imports.get(conn, run.id).counts["read"] < rows
    _importer(ready, spool, chunk_rows=1_000).run(_claim(ready, NOW * 3))

    with ready.read() as conn:
        done = imports.get(conn, run.id)
        rejects = imports.rejects_page(conn, run.id)
    assert done.state == "done"
    assert (done.counts["read"], done.counts["new"]) == (rows + 50, rows)
    assert (done.counts["unchanged"], done.counts["changed"]) == (0, 0)
    assert len(rejects) == 50
    assert len(_ids(ready)) == len(set(_ids(ready))) == rows


def _read_so_far(database: Database, import_id: str) -> int:
    with database.read() as conn:
        return imports.get(conn, import_id).counts["read"]


def _kill_a_worker_that_stores(
    database: Database, spool: Spool, import_id: str, now_ms: int
) -> None:
    before = _read_so_far(database, import_id)
    url = database.url.render_as_string(hide_password=False)
    arguments = [url, str(spool.path("x").parent), str(now_ms)]
    worker = subprocess.Popen([sys.executable, "-c", WORKER, *arguments])
    deadline = time.monotonic() + 30
    while _read_so_far(database, import_id) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    worker.send_signal(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
