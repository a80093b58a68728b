"""Bring a database to the newest revision, say where it stands, find what drifted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from marketing_service.store.engine import Database, sqlite_engine
from marketing_service.store.tables import metadata

LOCK: Final = 0x6D6B_7467
"""Number of PostgreSQL's advisory lock: two migrations never run side by side."""

WAIT_MS: Final = 60_000


def upgrade(database: Database) -> None:
    """Bring the database to the newest revision in one transaction.

    A second process that calls this at the same time waits, and then finds nothing to do.
    """
    with _migrating(database) as connection:
        command.upgrade(_config(connection), "head")


def head_revision() -> str:
    """Return the newest revision this release knows."""
    (head,) = ScriptDirectory.from_config(_config(None)).get_heads()
    return head


def current_revision(database: Database) -> str | None:
    """Return the revision the database is on; None before the first migration."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check(database: Database) -> str | None:
    """Return None when the database answers and is on this release's revision, else why."""
    if reason := database.check():
        return reason
    found = current_revision(database)
    head = head_revision()
    if found == head:
        return None
    if found is None:
        return "The database has no tables yet: run marketing migrate."
    return f"The database is on revision {found}, this release needs {head}: run marketing migrate."


def drift(database: Database) -> list[str]:
    """List the differences between the tables in the code and those in the database."""
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return [repr(difference) for difference in compare_metadata(context, metadata)]


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


@contextmanager
def _migrating(database: Database) -> Iterator[Connection]:
    migrate = _on_sqlite if database.dialect == "sqlite" else _on_postgres
    with migrate(database) as connection:
        yield connection


@contextmanager
def _on_sqlite(database: Database) -> Iterator[Connection]:
    # Rebuilding a table drops the old one; with foreign keys on, its children would follow.
    engine = sqlite_engine(
        database.url,
        begin="BEGIN IMMEDIATE",
        pool_size=1,
        foreign_keys=False,
        busy_timeout_ms=WAIT_MS,
    )
    try:
        with engine.begin() as connection:
            yield connection
            _require_whole_references(connection.exec_driver_sql("PRAGMA foreign_key_check").all())
    finally:
        engine.dispose()


@contextmanager
def _on_postgres(database: Database) -> Iterator[Connection]:
    with database.write() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield connection


def _require_whole_references(broken: Any) -> None:
    if broken:
        raise RuntimeError(f"The migration would leave {len(broken)} rows without their parents.")
