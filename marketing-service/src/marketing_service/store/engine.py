"""The database handle: short reads, one writer at a time on SQLite, plain PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Final

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as WaitError

from marketing_service.errors import DatabaseUrlError, StoreBusyError

IDLE_TRANSACTION_MS: Final = 10_000
BUSY_TIMEOUT_MS: Final = 5_000
WRITE_WAIT_SECONDS: Final = 30
READ_POOL: Final = 8
POSTGRES_NAMES: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


class Database:
    """One SQLite file or PostgreSQL database; constructing it opens nothing.

    `read()` gives a consistent snapshot that cannot write. `write()` is one transaction:
    committed when the block ends, rolled back when it raises.
    """

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.dialect = self.url.get_backend_name()
        self._reader, self._writer = _engines(self.url)

    def __repr__(self) -> str:
        return f"Database({self.url.render_as_string(hide_password=True)})"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read-only transaction; keep it short, open readers stop WAL checkpoints.

        Raises:
            StoreBusyError: every connection stayed in use too long.
        """
        with _busy_as_ours(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the writing transaction; on SQLite all others wait, so stay below 200 ms.

        Raises:
            StoreBusyError: others held the write lock, or every connection, too long.
        """
        with _busy_as_ours(), self._writer.begin() as connection:
            yield connection

    def check(self) -> str | None:
        """Return None when the database answers, else the reason, without its password."""
        try:
            with self.read() as connection:
                connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", error)).partition("\n")[0]
            return f"{self!r} does not answer: {cause}."
        return None

    def close(self) -> None:
        """Close every pooled connection; a later use opens new ones."""
        self._reader.dispose()
        self._writer.dispose()


def parse_url(text: str) -> URL:
    """Read a database address: `sqlite:///file` or `postgresql://user:password@host/name`.

    Raises:
        DatabaseUrlError: unreadable, another database, or SQLite without a file.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise DatabaseUrlError("It has no form like sqlite:///marketing.sqlite.") from None
    if url.drivername in POSTGRES_NAMES:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        raise DatabaseUrlError(f"{url.drivername} is unknown; use sqlite:/// or postgresql://.")
    if url.database in {None, "", ":memory:"}:
        raise DatabaseUrlError("SQLite needs a file, as in sqlite:///marketing.sqlite.")
    return url.set(drivername="sqlite")


def check_url(text: str) -> None:
    """Find what waiting does not cure: an address of no database, a folder that is not there.

    Raises:
        DatabaseUrlError: The address cannot be used; says why.
    """
    url = parse_url(text)
    if url.get_backend_name() != "sqlite":
        return
    folder = Path(str(url.database)).absolute().parent
    if not folder.is_dir():
        raise DatabaseUrlError(f"The folder {folder} is not there; make it or name another.")


def sqlite_engine(
    url: URL,
    *,
    begin: str,
    pool_size: int,
    foreign_keys: bool = True,
    busy_timeout_ms: int = BUSY_TIMEOUT_MS,
) -> Engine:
    """Make an engine whose transactions start with `begin`, never with a driver's guess.

    A transaction that begins deferred and then writes fails at once when another one
    wrote meanwhile, whatever the timeout; hence BEGIN IMMEDIATE for writers.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=WRITE_WAIT_SECONDS,
        json_deserializer=msgspec.json.decode,
    )

    def configure(connection: SqliteConnection, record: object) -> None:
        del record
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={busy_timeout_ms}",
            "journal_mode=WAL",
            # NORMAL may lose acknowledged commits with the power: a mail sent twice.
            "synchronous=FULL",
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
            f"query_only={'ON' if begin == 'BEGIN' else 'OFF'}",
            "analysis_limit=1000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", start)
    return engine


def postgres_engine(url: URL, *, pool_size: int) -> Engine:
    """Make a PostgreSQL engine that notices dead connections before it uses them.

    The server ends a transaction whose process stands still: the row locks of a frozen
    worker would otherwise keep every other worker waiting until it wakes.
    """
    options = (
        "-c synchronous_commit=on -c timezone=UTC "
        f"-c idle_in_transaction_session_timeout={IDLE_TRANSACTION_MS}"
    )
    return create_engine(
        url,
        pool_size=pool_size,
        pool_pre_ping=True,
        pool_timeout=WRITE_WAIT_SECONDS,
        json_deserializer=msgspec.json.decode,
        connect_args={"connect_timeout": 5, "options": options},
    )


def _engines(url: URL) -> tuple[Engine, Engine]:
    if url.get_backend_name() == "sqlite":
        return (
            sqlite_engine(url, begin="BEGIN", pool_size=READ_POOL),
            sqlite_engine(url, begin="BEGIN IMMEDIATE", pool_size=1),
        )
    writer = postgres_engine(url, pool_size=READ_POOL)
    # The same pool: a reader only asks for a snapshot that several statements share.
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return reader, writer


@contextmanager
def _busy_as_ours() -> Iterator[None]:
    try:
        yield
    except WaitError as error:
        raise StoreBusyError("Every connection to the database is in use; try again.") from error
    except OperationalError as error:
        if "database is locked" in str(error.orig):
            raise StoreBusyError("The database is locked by a long write; try again.") from error
        raise
