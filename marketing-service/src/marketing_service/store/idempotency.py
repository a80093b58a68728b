"""Answers kept by the caller's key, so that a repeated request changes nothing twice."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, select

from marketing_service.errors import IdempotencyConflictError
from marketing_service.store.dialect import insert
from marketing_service.store.tables import idempotency_keys


class StoredReply(NamedTuple):
    """An answer that was given before."""

    status: int
    body: str
    headers: dict[str, str]


def begin(
    conn: Connection, *, owner: str, key: str, request_sha256: str, now_ms: int
) -> StoredReply | None:
    """Reserve a key for a request; do its work and `finish` in the same transaction.

    Returns:
        The earlier answer, or None when the work is still to be done.

    Raises:
        IdempotencyConflictError: the key came before with another request.
    """
    statement = insert(conn, idempotency_keys).values(
        owner=owner, key=key, request_sha256=request_sha256, created_at=now_ms
    )
    conn.execute(statement.on_conflict_do_nothing())
    row = conn.execute(select(idempotency_keys).where(_of(owner, key))).one()
    if row.request_sha256 != request_sha256:
        raise IdempotencyConflictError("This Idempotency-Key came before with another request.")
    return None if row.status is None else StoredReply(row.status, row.body, row.headers)


def finish(conn: Connection, *, owner: str, key: str, reply: StoredReply) -> None:
    """Keep the answer of a reserved key."""
    statement = idempotency_keys.update().where(_of(owner, key))
    conn.execute(statement.values(reply._asdict()))


def prune(conn: Connection, *, before_ms: int) -> int:
    """Forget keys older than an instant; return how many."""
    old = idempotency_keys.c.created_at < before_ms
    return conn.execute(idempotency_keys.delete().where(old)).rowcount


def _of(owner: str, key: str) -> ColumnElement[bool]:
    return and_(idempotency_keys.c.owner == owner, idempotency_keys.c.key == key)
