"""Every change with its author, in the transaction of the change, chained by hashes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Row, select, text

from marketing_service.audit import FIRST_HASH, AuditEntry, first_broken, link
from marketing_service.store.dialect import is_sqlite
from marketing_service.store.tables import audit

HEAD_LOCK: Final = 0x6D6B_7461
PAGE_ROWS: Final = 1_000


def append(
    conn: Connection,
    *,
    actor: str,
    action: str,
    object: str,  # noqa: A002 - the column's word
    diff: Mapping[str, Any],
    now_ms: int,
) -> int:
    """Write one entry behind the newest one and return its number.

    Writers queue on the head of the chain until their transactions end.
    """
    _lock_head(conn)
    newest = conn.execute(select(audit).order_by(audit.c.seq.desc()).limit(1)).one_or_none()
    entry = AuditEntry(
        seq=newest.seq + 1 if newest else 1,
        at=now_ms,
        actor=actor,
        action=action,
        object=object,
        diff=diff,
        prev_hash=newest.hash if newest else FIRST_HASH,
        hash=b"",
    )
    entry = replace(entry, hash=link(entry))
    conn.execute(audit.insert().values(**vars(entry)))
    return entry.seq


def page(conn: Connection, *, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
    """Return entries, newest first, older than number `before`."""
    query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.seq < before)
    return [_entry(row) for row in conn.execute(query)]


def verify(conn: Connection) -> int | None:
    """Return the number of the first entry that was changed or removed; None when all stand."""
    return first_broken(_all(conn))


def _all(conn: Connection) -> Iterator[AuditEntry]:
    last = 0
    query = select(audit).order_by(audit.c.seq).limit(PAGE_ROWS)
    while rows := conn.execute(query.where(audit.c.seq > last)).all():
        yield from map(_entry, rows)
        last = rows[-1].seq


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


def _lock_head(conn: Connection) -> None:
    # SQLite has one writer anyway; on PostgreSQL two would read the same head.
    if not is_sqlite(conn):
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": HEAD_LOCK})
