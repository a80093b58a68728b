import os
from collections.abc import Callable
from pathlib import Path

import pytest

from churn_contract.schema import CustomerSchema, demo_schema
from marketing_service.importing.importer import Importer
from marketing_service.importing.spool import Spool
from marketing_service.importing.upload import IMPORT_JOB, Upload, accept_upload
from marketing_service.store import customers, imports, jobs
from marketing_service.store.engine import Database
from marketing_service.store.imports import ImportRun

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def table() -> Path:
    """Give the real table of the demo schema, where it is."""
    given = os.environ.get("TELCO_CSV")
    found = [Path(given)] if given else sorted((ROOT.parent / "shared/data/telco").glob("*.csv"))
    if not found:
        pytest.skip("The real table is not here: set TELCO_CSV to its path.")
    return found[0]


def _import(database: Database, spool: Spool, content: bytes, now_ms: int) -> ImportRun:
    path = spool.path("upload").with_name("upload.csv")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    with path.open("rb") as body:
        run = accept_upload(database, spool, body, Upload(), now_ms=now_ms, actor="ann")
    with database.write() as conn:
        job = jobs.claim(conn, [IMPORT_JOB], now_ms=now_ms, lease_ms=60_000)
    assert job is not None
    Importer(database, spool, clock=lambda: now_ms).run(job)
    with database.read() as conn:
        return imports.get(conn, run.id)


def test_every_row_of_the_real_table_is_a_customer(
    database: Database,
    table: Path,
    tmp_path: Path,
    publish: Callable[[Database, CustomerSchema], None],
) -> None:
    publish(database, demo_schema())
    content, spool = table.read_bytes(), Spool(tmp_path / "spool")

    first = _import(database, spool, content, 1)
    again = _import(database, spool, content + b"\n", 2)

    rows = content.count(b"\n") - 1
    assert (first.counts["new"], first.counts["rejected"]) == (rows, 0)
    assert (again.counts["unchanged"], again.counts["changed"]) == (rows, 0)
    with database.read() as conn:
        assert customers.count(conn) == rows
