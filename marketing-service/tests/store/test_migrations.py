import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Table, inspect

from marketing_service.migrations import check, current_revision, drift, head_revision, upgrade
from marketing_service.store.engine import Database
from marketing_service.store.tables import metadata


def test_a_new_file_has_no_revision_and_says_what_to_run(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.sqlite")

    assert current_revision(database) is None
    assert check(database) == "The database has no tables yet: run marketing migrate."
    database.close()


def test_a_migrated_database_is_on_the_newest_revision(database: Database) -> None:
    assert current_revision(database) == head_revision()
    assert check(database) is None


def test_a_database_on_another_revision_is_not_ready(database: Database) -> None:
    with database.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")

    assert check(database) == (
        f"The database is on revision 0999, this release needs {head_revision()}:"
        " run marketing migrate."
    )


def test_a_database_that_cannot_be_opened_is_not_ready(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/missing/new.sqlite")

    assert "unable to open database file" in (check(database) or "")


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    upgrade(database)

    assert current_revision(database) == head_revision()


def test_tables_in_code_and_in_the_database_are_the_same(database: Database) -> None:
    assert drift(database) == []


def test_drift_is_seen(database: Database) -> None:
    with database.write() as conn:
        conn.exec_driver_sql("ALTER TABLE jobs ADD COLUMN surprise INTEGER")
        conn.exec_driver_sql("DROP INDEX ix_jobs_open")

    found = " ".join(drift(database))

    assert "surprise" in found
    assert "ix_jobs_open" in found


def test_the_migrated_file_is_letter_by_letter_what_the_tables_say(
    sqlite_database: Database, tmp_path: Path
) -> None:
    made = Database(f"sqlite:///{tmp_path}/made.sqlite")
    with made.write() as conn:
        metadata.create_all(conn)
    made.close()

    assert _statements(sqlite_database.url.database) == _statements(made.url.database)


def test_postgres_gets_the_same_indexes_and_storage_options(
    postgresql_database: Database, empty_postgres_url: str
) -> None:
    made = Database(empty_postgres_url)
    with made.write() as conn:
        metadata.create_all(conn)

    assert _definitions(postgresql_database) == _definitions(made)
    made.close()


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_key_of_every_table_is_named_by_the_convention(table: Table) -> None:
    assert table.primary_key.name == f"pk_{table.name}"
    assert {index.name.split("_", 1)[0] for index in table.indexes} <= {"ix"}


def test_two_processes_may_migrate_at_once(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path}/shared.sqlite", empty_postgres_url):
        _upgrade_together(url, count=4)
        database = Database(url)
        assert check(database) is None
        database.close()


def test_a_migration_that_would_orphan_rows_is_rolled_back(tmp_path: Path) -> None:
    path = tmp_path / "orphans.sqlite"
    database = Database(f"sqlite:///{path}")
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        raw.execute("CREATE TABLE child (parent INTEGER REFERENCES parent (id))")
        raw.execute("INSERT INTO child VALUES (7)")
    raw.close()

    with pytest.raises(RuntimeError, match="1 rows without their parents"):
        upgrade(database)
    assert current_revision(database) is None
    database.close()


def _upgrade_together(url: str, count: int) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        database = Database(url)
        try:
            upgrade(database)
        except BaseException as error:  # noqa: BLE001 - handed to the test's thread
            failures.append(error)
        database.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def _statements(path: str | None) -> dict[str, list[str]]:
    assert path is not None
    with sqlite3.connect(path) as raw:
        rows = raw.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            " AND name != 'alembic_version' AND name NOT LIKE 'sqlite_stat%'"
        ).fetchall()
    raw.close()
    # Inside the brackets Alembic sorts keys differently; the words are what counts.
    return {name: sorted(sql.replace(",", " ").split()) for name, sql in rows}


def _definitions(database: Database) -> dict[str, object]:
    with database.read() as conn:
        indexes = conn.exec_driver_sql(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " AND tablename != 'alembic_version'"
        ).all()
        options = conn.exec_driver_sql(
            "SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL"
        ).all()
        columns = {
            name: [repr(column) for column in inspect(conn).get_columns(name)]
            for name in metadata.tables
        }
    return {"indexes": sorted(indexes), "options": sorted(options), "columns": columns}
