import pytest

from marketing_service.errors import UnknownImportError
from marketing_service.store import imports
from marketing_service.store.engine import Database
from marketing_service.store.imports import NO_COUNTS, ImportRun, Reject

MAPPING = {"Mail": "email"}


def _create(database: Database, import_id: str = "i1", sha256: str = "s1") -> ImportRun:
    with database.write() as conn:
        return imports.create(
            conn, import_id, sha256=sha256, filename="a.csv", mapping=MAPPING, now_ms=1
        )


def _find(database: Database, digest: str | None = "d1", **changes: object) -> ImportRun | None:
    wanted = {"sha256": "s1", "mapping": MAPPING} | changes
    with database.read() as conn:
        return imports.find_same(conn, **wanted, schema_digest=digest)


def test_an_import_waits_with_nothing_done(database: Database) -> None:
    run = _create(database)

    assert (run.state, run.counts, run.chunks_done, run.mapping) == (
        "queued", NO_COUNTS, 0, MAPPING,
    )  # fmt: skip
    assert not run.is_finished
    with database.read() as conn:
        assert imports.get(conn, "i1") == run


def test_an_unknown_import_is_a_404(database: Database) -> None:
    with database.read() as conn, pytest.raises(UnknownImportError, match="no import i9"):
        imports.get(conn, "i9")


def test_chunks_add_up_and_the_end_is_noted(database: Database) -> None:
    _create(database)
    counts = NO_COUNTS | {"read": 3, "new": 2}
    with database.write() as conn:
        imports.restart(conn, "i1", schema_digest="d1")
        imports.finish_chunk(conn, "i1", chunks_done=1, counts=counts, rejects=[])
        imports.finish(conn, "i1", now_ms=9)
        run = imports.get(conn, "i1")

    assert (run.state, run.counts, run.chunks_done) == ("done", counts, 1)
    assert (run.schema_digest, run.finished_at, run.is_finished) == ("d1", 9, True)


def test_a_restart_forgets_counts_and_rejects(database: Database) -> None:
    _create(database)
    with database.write() as conn:
        reject = Reject(2, 0, "a", "missing", "must have a value", "x,y")
        imports.finish_chunk(conn, "i1", chunks_done=1, counts={"read": 1}, rejects=[reject])
        imports.restart(conn, "i1", schema_digest="d2")
        run = imports.get(conn, "i1")
        assert imports.rejects_page(conn, "i1") == []

    assert (run.state, run.counts, run.chunks_done) == ("running", NO_COUNTS, 0)


def test_a_failed_import_says_why(database: Database) -> None:
    _create(database)
    with database.write() as conn:
        imports.fail(conn, "i1", "no column for age", now_ms=9)
        run = imports.get(conn, "i1")

    assert (run.state, run.error, run.finished_at) == ("failed", "no column for age", 9)


def test_the_same_file_is_recognised(database: Database) -> None:
    run = _create(database)

    assert _find(database) == run
    assert _find(database, digest=None) == run
    assert _find(database, sha256="s2") is None
    assert _find(database, mapping={}) is None


def test_the_same_file_under_another_schema_is_another_import(database: Database) -> None:
    _create(database)
    with database.write() as conn:
        imports.restart(conn, "i1", schema_digest="d1")

    assert _find(database, digest="d1") is not None
    assert _find(database, digest="d2") is None


def test_a_file_sent_again_after_another_one_is_imported_again(database: Database) -> None:
    _create(database, "i1", "s1")
    _create(database, "i2", "s2")

    assert _find(database, sha256="s1") is None


def test_a_failed_import_may_be_tried_again(database: Database) -> None:
    _create(database)
    with database.write() as conn:
        imports.fail(conn, "i1", "why", now_ms=9)

    assert _find(database) is None


def test_imports_are_listed_from_new_to_old(database: Database) -> None:
    for number in range(5):
        _create(database, f"i{number}")
    with database.read() as conn:
        newest = imports.page(conn, limit=2)
        older = imports.page(conn, before=newest[-1].id)

    assert [run.id for run in newest + older] == ["i4", "i3", "i2", "i1", "i0"]


def test_pages_of_rejects_never_cut_a_row(database: Database) -> None:
    _create(database)
    rejects = [
        Reject(row, position, f"f{position}", "missing", "must have a value", "raw")
        for row in (2, 3, 4)
        for position in range(3)
    ]
    with database.write() as conn:
        imports.finish_chunk(conn, "i1", chunks_done=1, counts={}, rejects=rejects)

    with database.read() as conn:
        first = imports.rejects_page(conn, "i1", limit=4)
        second = imports.rejects_page(conn, "i1", after_row=first[-1].row_no, limit=4)

    assert first == rejects[:6]
    assert second == rejects[6:]
