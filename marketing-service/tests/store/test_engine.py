import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from marketing_service.errors import DatabaseUrlError, StoreBusyError
from marketing_service.store.engine import Database, sqlite_engine
from marketing_service.store.tables import idempotency_keys


def _add(database: Database, key: str) -> None:
    values = {"owner": "me", "key": key, "request_sha256": "x", "created_at": 0}
    with database.write() as conn:
        conn.execute(idempotency_keys.insert().values(values))


def _delete_and_fail(conn: Connection) -> None:
    conn.exec_driver_sql("DELETE FROM alembic_version")
    conn.exec_driver_sql("SELECT * FROM no_such_table")


def _count(database: Database) -> int:
    with database.read() as conn:
        return conn.exec_driver_sql("SELECT count(*) FROM idempotency_keys").scalar_one()


def test_a_written_block_is_committed(database: Database) -> None:
    _add(database, "a")

    assert _count(database) == 1


def test_a_block_that_raises_is_rolled_back(database: Database) -> None:
    with pytest.raises(DBAPIError), database.write() as conn:
        _delete_and_fail(conn)

    with database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar_one() == 1


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as conn:
        conn.exec_driver_sql("DELETE FROM alembic_version")


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as conn:
        before = conn.exec_driver_sql("SELECT count(*) FROM idempotency_keys").scalar_one()
        _add(database, "meanwhile")
        after = conn.exec_driver_sql("SELECT count(*) FROM idempotency_keys").scalar_one()

    assert (before, after) == (0, 0)
    assert _count(database) == 1


def test_many_writers_wait_for_each_other(database: Database) -> None:
    threads = [
        threading.Thread(target=_add, args=(database, f"key-{number}")) for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert _count(database) == 20


def test_a_database_that_answers_has_nothing_to_complain_about(database: Database) -> None:
    assert database.check() is None


def test_a_server_that_is_gone_is_named_without_its_password() -> None:
    database = Database("postgresql://me:secret-word@127.0.0.1:1/nowhere")

    reason = database.check() or ""

    assert "does not answer" in reason
    assert "secret-word" not in reason
    assert "secret-word" not in repr(database)


def test_a_file_locked_by_another_process_is_reported_as_busy(sqlite_database: Database) -> None:
    patient = Database(str(sqlite_database.url))
    patient._writer = sqlite_engine(
        patient.url, begin="BEGIN IMMEDIATE", pool_size=1, busy_timeout_ms=1
    )

    with sqlite_database.write(), pytest.raises(StoreBusyError), patient.write():
        pass
    patient.close()


def test_a_writer_that_waits_too_long_in_its_own_process_is_busy(sqlite_database: Database) -> None:
    sqlite_database._writer.pool._timeout = 0.01

    with sqlite_database.write(), pytest.raises(StoreBusyError), sqlite_database.write():
        pass


def test_other_failures_of_the_database_are_not_hidden(database: Database) -> None:
    with pytest.raises(DBAPIError), database.write() as conn:
        conn.exec_driver_sql("SELECT * FROM no_such_table")


def test_sqlite_runs_as_promised(sqlite_database: Database) -> None:
    with sqlite_database.write() as conn:
        settings = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "analysis_limit")
        }

    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "analysis_limit": 1000,
    }


def test_postgres_commits_to_the_disk(postgresql_database: Database) -> None:
    with postgresql_database.write() as conn:
        assert conn.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_making_a_database_object_touches_nothing(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path}/never.sqlite")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["postgres://me@host/name", "postgresql://me@host/name", "postgresql+psycopg://h/n"]
)
def test_every_usual_address_of_postgres_is_understood(text: str) -> None:
    assert Database(text).dialect == "postgresql"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "no form like"),
        ("mysql://me@host/name", "mysql is unknown"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_an_address_that_cannot_work_is_refused_with_the_cure(text: str, reason: str) -> None:
    with pytest.raises(DatabaseUrlError, match=reason):
        Database(text)


def test_a_transaction_that_stands_still_gives_its_locks_back(
    postgresql_database: Database,
) -> None:
    with postgresql_database.write() as conn:
        (shown,) = conn.exec_driver_sql("SHOW idle_in_transaction_session_timeout").one()

    assert shown == "10s"
