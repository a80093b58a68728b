"""The few statements that the two databases spell differently."""

import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite

BATCH_ROWS: Final = 10_000


def is_sqlite(conn: Connection) -> bool:
    """Tell whether the connection leads to SQLite."""
    return conn.dialect.name == "sqlite"


def insert(conn: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Start an INSERT of the connection's dialect, which knows ON CONFLICT and RETURNING."""
    return sqlite.insert(table) if is_sqlite(conn) else postgresql.insert(table)


def now_ms(conn: Connection) -> int:
    """Read the database's clock in milliseconds UTC; leases are counted by it."""
    if is_sqlite(conn):
        return time.time_ns() // 1_000_000
    clock = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
    return int(conn.execute(clock).scalar_one())


def literals(column: ColumnElement[int], codes: Sequence[int]) -> ColumnElement[bool]:
    """Compare a state column with constants that stand in the statement itself.

    Planners only use a partial index when they see its predicate; a bound parameter hides
    it, and SQLite then sorts the whole table. Give the codes as the index spells them.
    """
    if len(codes) == 1:
        return column == bindparam(None, codes[0], literal_execute=True)
    return column.in_(bindparam(None, list(codes), expanding=True, literal_execute=True))


def bulk_load(
    conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Append many rows by the fastest way of the dialect; return how many.

    Values go to the driver as they are: plain numbers, text, bytes and None. Call
    `analyze` afterwards: without statistics claims are more than a hundred times slower.
    """
    load = _executemany if is_sqlite(conn) else _copy
    return load(conn, table, columns, rows)


def marks(conn: Connection, count: int) -> str:
    """Return the driver's own placeholders for so many values."""
    return ", ".join(["?" if is_sqlite(conn) else "%s"] * count)


def analyze(conn: Connection, table: Table) -> None:
    """Refresh the planner's statistics of a table that has just been filled."""
    conn.exec_driver_sql(f"ANALYZE {table.name}")


def _executemany(
    conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    values = marks(conn, len(columns))
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608 - names come from the tables of this package
    loaded, remaining = 0, iter(rows)
    while batch := [tuple(row) for row in islice(remaining, BATCH_ROWS)]:
        conn.exec_driver_sql(statement, batch)
        loaded += len(batch)
    return loaded


def _copy(
    conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    driver: Any = conn.connection.driver_connection
    loaded = 0
    statement = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            loaded += 1
    return loaded
