import io
from collections.abc import Callable
from pathlib import Path

import pytest

from churn_contract.schema import CustomerSchema
from marketing_service.errors import ImportFileError
from marketing_service.importing.spool import Spool
from marketing_service.importing.upload import IMPORT_JOB, Upload, accept_upload
from marketing_service.store import audit, imports, jobs
from marketing_service.store.engine import Database
from marketing_service.store.imports import ImportRun

CSV = b"Boat,Length,Hull,Fee\nB-1,7,steel,1\n"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def _accept(
    database: Database, spool: Spool, content: bytes = CSV, now_ms: int = 5, **said: object
) -> ImportRun:
    upload = Upload(**{"filename": "boats.csv", **said})
    return accept_upload(database, spool, io.BytesIO(content), upload, now_ms=now_ms, actor="ann")


def _open_jobs(database: Database) -> int:
    with database.read() as conn:
        return jobs.open_count(conn, IMPORT_JOB)


def test_an_upload_waits_for_the_worker_with_its_job(database: Database, spool: Spool) -> None:
    run = _accept(database, spool, mapping={"Boat": "boat"})

    assert (run.filename, run.state, run.mapping) == ("boats.csv", "queued", {"Boat": "boat"})
    assert spool.path(run.id).read_bytes() == CSV
    with database.write() as conn:
        job = jobs.claim(conn, [IMPORT_JOB], now_ms=9, lease_ms=1)
        assert job is not None
        assert job.payload == {"import_id": run.id, "actor": "ann"}
        assert [entry.action for entry in audit.page(conn)] == ["import.create"]


def test_the_same_file_again_makes_no_second_import(database: Database, spool: Spool) -> None:
    first = _accept(database, spool)
    second = _accept(database, spool, now_ms=9)

    assert second == first
    assert _open_jobs(database) == 1
    assert len(list(spool.path("x").parent.iterdir())) == 1


def test_ids_ascend_with_time(database: Database, spool: Spool) -> None:
    first = _accept(database, spool, now_ms=1_700_000_000_000)
    second = _accept(database, spool, CSV + b"B-2,7,steel,1\n", now_ms=1_700_000_000_001)

    assert first.id < second.id


def test_a_file_with_the_wrong_columns_is_refused_when_the_schema_is_known(
    sqlite_database: Database,
    spool: Spool,
    schema: CustomerSchema,
    publish: Callable[[Database, CustomerSchema], None],
) -> None:
    publish(sqlite_database, schema)

    with pytest.raises(ImportFileError, match="no column for hull"):
        _accept(sqlite_database, spool, b"Boat,Length,Fee\nB-1,7,1\n")
    assert _accept(sqlite_database, spool).state == "queued"
    assert _open_jobs(sqlite_database) == 1


def test_a_refused_file_leaves_nothing_behind(sqlite_database: Database, spool: Spool) -> None:
    for content in (b"", b"PK\x03\x04 a workbook", b"\n"):
        with pytest.raises(ImportFileError):
            _accept(sqlite_database, spool, content)

    assert list(spool.path("x").parent.iterdir()) == []
    with sqlite_database.read() as conn:
        assert imports.page(conn) == []


def test_a_very_long_name_of_a_file_is_cut(sqlite_database: Database, spool: Spool) -> None:
    assert len(_accept(sqlite_database, spool, filename="x" * 999).filename) == 200
