"""The hash-chained audit rows: each row's hash covers the row before it."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

FIRST_HASH = "0" * 64


class AuditRow(NamedTuple):
    """One change: when (seconds UTC), who, what, to which key, and the chain."""

    seq: int
    at: int
    actor: str
    action: str
    key_id: str
    before: str
    after: str
    prev_hash: str
    hash: str


class AuditEvent(NamedTuple):
    """What is to be written down about a change; `before` and `after` are JSON."""

    at: int
    actor: str
    action: str
    key_id: str
    before: str
    after: str


def row_hash(prev_hash: str, seq: int, event: AuditEvent) -> str:
    """Return SHA-256 over the previous hash and the row's canonical JSON."""
    document = {"seq": seq, **event._asdict()}
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((prev_hash + canonical).encode()).hexdigest()


def append(conn: sqlite3.Connection, event: AuditEvent) -> AuditRow:
    """Add one row to the chain, inside the caller's transaction."""
    last = conn.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    seq, prev_hash = (last[0] + 1, last[1]) if last else (1, FIRST_HASH)
    row = AuditRow(seq, *event, prev_hash, row_hash(prev_hash, seq, event))
    conn.execute("INSERT INTO audit VALUES (?,?,?,?,?,?,?,?,?)", row)
    return row


def first_bad_row(rows: Iterable[AuditRow]) -> int | None:
    """Return the number of the first row that breaks the chain, or None."""
    prev_hash = FIRST_HASH
    for number, row in enumerate(rows, start=1):
        event = AuditEvent(*row[1:7])
        intact = row.seq == number and row.prev_hash == prev_hash
        if not intact or row.hash != row_hash(prev_hash, number, event):
            return number
        prev_hash = row.hash
    return None
