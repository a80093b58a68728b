"""The mailbox's own SQLite file: mails for people, and a ledger that forgets nothing."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

KEPT_MAILS: Final = 50_000
_TRIM_EVERY: Final = 1_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    campaign INTEGER,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_mails_campaign ON mails (campaign, id);
CREATE INDEX IF NOT EXISTS ix_mails_recipient ON mails (recipient, id);
CREATE TABLE IF NOT EXISTS ledger (
    message_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    campaign INTEGER,
    received INTEGER NOT NULL,
    PRIMARY KEY (message_id, recipient)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_ledger_campaign ON ledger (campaign);
CREATE TABLE IF NOT EXISTS refused_once (recipient TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class NewMail(NamedTuple):
    """A mail as it came in."""

    message_id: str
    campaign: int | None
    sender: str
    recipient: str
    subject: str
    raw: bytes


class Mail(NamedTuple):
    """One mail of the inbox; `received_at` in milliseconds UTC."""

    id: int
    received_at: int
    message_id: str
    campaign: int | None
    sender: str
    recipient: str
    subject: str


class Delivery(NamedTuple):
    """How often a message arrived at one recipient, evicted mails included."""

    message_id: str
    recipient: str
    received: int


class CampaignCount(NamedTuple):
    """What arrived of one campaign: distinct messages, and how many came twice or more."""

    campaign: int | None
    messages: int
    repeated: int


class Ledger:
    """Stores mails durably; safe between threads, and readable by other processes.

    Args:
        path: The SQLite file; made when it is not there.
        clock: Milliseconds UTC.
        kept: Mails that people can open; older ones go, their ledger lines stay.
    """

    def __init__(self, path: Path, *, clock: Callable[[], int], kept: int = KEPT_MAILS) -> None:
        self._path = path
        self._clock = clock
        self._kept = kept
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._has_tables = False

    def check(self) -> str | None:
        """Return None when the file can be read, else why it cannot."""
        try:
            self.counts()
        except sqlite3.Error as error:
            return f"The mailbox database cannot be read ({type(error).__name__})."
        return None

    def store(self, mail: NewMail) -> int:
        """Write a mail; once this returns, it survives kill -9. Returns its number."""
        with self._write() as db:
            cursor = db.execute(
                "INSERT INTO mails (received_at, message_id, campaign, sender, recipient, subject,"
                " raw) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._clock(), *mail),
            )
            db.execute(
                "INSERT INTO ledger (message_id, recipient, campaign, received)"
                " VALUES (?, ?, ?, 1)"
                " ON CONFLICT (message_id, recipient) DO UPDATE SET received = received + 1",
                (mail.message_id, mail.recipient, mail.campaign),
            )
            number = int(cursor.lastrowid or 0)
            if number % min(_TRIM_EVERY, self._kept) == 0:
                db.execute("DELETE FROM mails WHERE id <= ?", (number - self._kept,))
        return number

    def is_first_try(self, recipient: str) -> bool:
        """Tell once per recipient, for ever, that it is the first time."""
        with self._write() as db:
            cursor = db.execute("INSERT OR IGNORE INTO refused_once VALUES (?)", (recipient,))
        return cursor.rowcount == 1

    def page(
        self,
        *,
        campaign: int | None = None,
        address: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> list[Mail]:
        """List mails, newest first.

        Args:
            campaign: Only mails of this campaign's number.
            address: Only mails whose recipient contains this text.
            before: Only mails with a lower number, for the next page.
            limit: How many at most.
        """
        query = (
            "SELECT id, received_at, message_id, campaign, sender, recipient, subject FROM mails"
            " WHERE (:campaign IS NULL OR campaign = :campaign)"
            " AND (:address = '' OR instr(recipient, :address) > 0)"
            " AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        )
        values = {"campaign": campaign, "address": address.lower(), "before": before}
        with self._read() as db:
            rows = db.execute(query, values | {"limit": limit}).fetchall()
        return [Mail._make(row) for row in rows]

    def mail(self, number: int) -> tuple[Mail, bytes] | None:
        """Return one mail and its bytes; None when there is none of that number."""
        query = (
            "SELECT id, received_at, message_id, campaign, sender, recipient, subject, raw"
            " FROM mails WHERE id = ?"
        )
        with self._read() as db:
            row = db.execute(query, (number,)).fetchone()
        return (Mail._make(row[:-1]), row[-1]) if row else None

    def deliveries(self, message_id: str) -> list[Delivery]:
        """Tell where a message arrived and how often; empty when it never did."""
        query = "SELECT message_id, recipient, received FROM ledger WHERE message_id = ?"
        with self._read() as db:
            rows = db.execute(query, (message_id,)).fetchall()
        return [Delivery._make(row) for row in rows]

    def counts(self) -> list[CampaignCount]:
        """Tell for each campaign what arrived; mails of no campaign come last."""
        query = (
            "SELECT campaign, count(*), sum(received > 1) FROM ledger"
            " GROUP BY campaign ORDER BY campaign IS NULL, campaign DESC"
        )
        with self._read() as db:
            return [CampaignCount._make(row) for row in db.execute(query).fetchall()]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._writer is None:
                self._writer = self._open()
            with self._writer as db:
                yield db

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        db = self._open()
        try:
            yield db
        finally:
            db.close()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=10, check_same_thread=False)
        # What is committed survives the end of this process; only a power cut may take the last
        # mails, and flushing each one to the disk would limit sending to the disk's flushes.
        db.execute("PRAGMA synchronous=NORMAL")
        if not self._has_tables:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_SCHEMA)
            self._has_tables = True
        return db
