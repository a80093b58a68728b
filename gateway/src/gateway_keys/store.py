"""The SQLite store: the only truth about keys, changes and the audit chain."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from gateway_keys import audit
from gateway_keys.errors import KeysError, RefusedError
from gateway_keys.record import Change, KeyRecord

SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, key_group TEXT NOT NULL, digest TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, owner TEXT NOT NULL, plan TEXT NOT NULL, scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,
    status TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY, digest TEXT NOT NULL, record TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS audit (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    key_id TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
    prev_hash TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS audit_is_never_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_never_deleted BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
"""

_SAVE_KEY = """
INSERT INTO keys VALUES (?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, seq = excluded.seq
"""


class KeyStore:
    """Keys, changes and audit rows in one file that only this uid can open."""

    def __init__(self, path: Path) -> None:
        """Remember the place; `open` makes folder, file and tables when absent."""
        self._path = path

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Give a connection; the file is flushed to disk at every commit.

        Raises:
            KeysError: The file cannot be made, opened or read.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, isolation_level=None, timeout=10)) as conn:
                self._path.chmod(0o600)
                conn.execute("PRAGMA synchronous=FULL")
                conn.executescript(SCHEMA)
                yield conn
        except (OSError, sqlite3.DatabaseError) as error:
            raise KeysError(f"the key store {self._path} cannot be used: {error}") from error

    def records(self) -> list[KeyRecord]:
        """Return every key, oldest first."""
        with self.open() as conn:
            return [_record(row) for row in conn.execute("SELECT * FROM keys ORDER BY rowid")]

    def find(self, key_id: str) -> KeyRecord:
        """Return the key with this public id.

        Raises:
            RefusedError: There is none.
        """
        for record in self.records():
            if record.id == key_id:
                return record
        raise RefusedError(f"no key has the id {key_id}; `gateway-keys list` shows all ids")

    def find_digest(self, digest: str) -> KeyRecord | None:
        """Return the key with this digest, or None."""
        return next((record for record in self.records() if record.digest == digest), None)

    def changes(self, after: int = 0) -> list[Change]:
        """Return the changes with a higher number, in order."""
        with self.open() as conn:
            rows = conn.execute("SELECT * FROM changes WHERE seq > ? ORDER BY seq", (after,))
            return [Change(*row) for row in rows]

    def audit_rows(self) -> list[audit.AuditRow]:
        """Return the whole audit chain, oldest first."""
        with self.open() as conn:
            rows = conn.execute("SELECT * FROM audit ORDER BY seq")
            return [audit.AuditRow(*row) for row in rows]

    def next_seq(self) -> int:
        """Return the number of the next change; the caller holds the lock."""
        with self.open() as conn:
            row = conn.execute("SELECT coalesce(max(seq), 0) + 1 FROM changes").fetchone()
        return int(row[0])

    def save(self, record: KeyRecord, event: audit.AuditEvent) -> None:
        """Write the key, its change and its audit row in one transaction."""
        with self.open() as conn, _transaction(conn):
            conn.execute(_SAVE_KEY, _row(record))
            conn.execute("INSERT INTO changes VALUES (?,?,?)", record.change())
            audit.append(conn, event)


@contextmanager
def _transaction(conn: sqlite3.Connection) -> Iterator[None]:
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    conn.execute("COMMIT")


def _row(record: KeyRecord) -> tuple[Any, ...]:
    return tuple({**vars(record), "scopes": json.dumps(record.scopes)}.values())


def _record(row: tuple[Any, ...]) -> KeyRecord:
    fields: dict[str, Any] = dict(zip(KeyRecord.__dataclass_fields__, row, strict=True))
    fields["scopes"] = tuple(json.loads(fields["scopes"]))
    return KeyRecord(**fields)
