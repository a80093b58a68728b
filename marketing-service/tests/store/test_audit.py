import threading

import pytest
from sqlalchemy import update

from marketing_service.store import audit
from marketing_service.store.engine import Database
from marketing_service.store.tables import audit as audit_table


def _append(database: Database, count: int, actor: str = "ann") -> None:
    for number in range(count):
        with database.write() as conn:
            audit.append(
                conn,
                actor=actor,
                action="x.y",
                object="z/1",
                diff={"b": 1.5, "a": number},
                now_ms=5,
            )


def test_entries_are_numbered_and_come_newest_first(database: Database) -> None:
    _append(database, 5)

    with database.read() as conn:
        newest = audit.page(conn, limit=2)
        older = audit.page(conn, before=newest[-1].seq)

    assert [entry.seq for entry in newest + older] == [5, 4, 3, 2, 1]
    assert newest[0].diff == {"a": 4, "b": 1.5}


def test_an_untouched_audit_stands_over_several_pages(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAGE_ROWS", 2)
    _append(database, 5)

    with database.read() as conn:
        assert audit.verify(conn) is None


def test_a_changed_row_is_found(database: Database) -> None:
    _append(database, 4)
    with database.write() as conn:
        conn.execute(update(audit_table).where(audit_table.c.seq == 3).values(actor="bob"))

    with database.read() as conn:
        assert audit.verify(conn) == 3


def test_a_removed_row_is_found(database: Database) -> None:
    _append(database, 4)
    with database.write() as conn:
        conn.execute(audit_table.delete().where(audit_table.c.seq == 2))

    with database.read() as conn:
        assert audit.verify(conn) == 3


def test_writers_at_the_same_time_make_one_chain(database: Database) -> None:
    threads = [
        threading.Thread(target=_append, args=(database, 5, f"actor-{number}"))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as conn:
        assert audit.verify(conn) is None
        assert len(audit.page(conn)) == 20


def test_an_entry_of_a_rolled_back_change_is_gone_with_it(database: Database) -> None:
    _append(database, 1)
    with database.write() as conn:
        audit.append(conn, actor="ann", action="x.y", object="z", diff={}, now_ms=6)
        conn.rollback()

    with database.read() as conn:
        assert [entry.seq for entry in audit.page(conn)] == [1]
