"""The two files the gateway reads; both can be made again from the store at any time.

`seed.json` is the whole truth in njs' state format, loaded before the first request.
`changes.tsv` is the append-only journal a running gateway follows when a push is lost.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from gateway_keys.record import Change, KeyRecord

SEED_NAME = "seed.json"
JOURNAL_NAME = "changes.tsv"
SEQ_ENTRY = "#seq"


class DerivedFiles:
    """Seed and journal in one folder, which the gateway mounts read-only."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder; it is made when something is written."""
        self._seed = folder / SEED_NAME
        self._journal = folder / JOURNAL_NAME

    def complete(self, changes: Sequence[Change], records: Sequence[KeyRecord]) -> int:
        """Bring both files up to the store's rows and return the last change number.

        Safe to repeat after a crash at any point: a half-written line is cut off, a
        half-written seed was never renamed into place.
        """
        self._seed.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        last = changes[-1].seq if changes else 0
        self._complete_journal(changes)
        if self._seed_seq() != last:
            self._write_seed(records, last)
        return last

    def _seed_seq(self) -> int:
        try:
            seed = json.loads(self._seed.read_bytes())
            return int(seed[SEQ_ENTRY]["value"])
        except (OSError, ValueError, KeyError, TypeError):
            return -1

    def _write_seed(self, records: Sequence[KeyRecord], last: int) -> None:
        draft = self._seed.with_suffix(".draft")
        document = json.dumps(seed_document(records, last), separators=(",", ":"))
        draft.unlink(missing_ok=True)
        with _open_private(draft) as stream:
            stream.write(document.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self._seed)
        _sync_folder(self._seed.parent)

    def _complete_journal(self, changes: Sequence[Change]) -> None:
        intact, last = _intact_part(self._journal)
        missing = "".join(journal_line(change) for change in changes if change.seq > last)
        if not missing and self._journal.exists() and self._journal.stat().st_size == intact:
            return
        with _open_private(self._journal) as stream:
            stream.truncate(intact)
            stream.write(missing.encode("ascii"))
            stream.flush()
            os.fsync(stream.fileno())
        _sync_folder(self._journal.parent)


def seed_document(records: Sequence[KeyRecord], last: int) -> dict[str, dict[str, str]]:
    """Return njs' state: digest -> record, "@id" -> digest, and the change number."""
    entries = {SEQ_ENTRY: {"value": str(last)}}
    for record in records:
        entries[record.digest] = {"value": record.line()}
        entries["@" + record.id] = {"value": record.digest}
    return entries


def journal_line(change: Change) -> str:
    """Return one line of the journal: number, digest, record, between tabs."""
    return f"{change.seq}\t{change.digest}\t{change.record}\n"


def _intact_part(journal: Path) -> tuple[int, int]:
    """Return the length of the whole lines in bytes, and the last line's number."""
    content = journal.read_bytes() if journal.exists() else b""
    intact = content.rfind(b"\n") + 1
    lines = content[:intact].splitlines()
    return intact, int(lines[-1].split(b"\t")[0]) if lines else 0


def _open_private(path: Path) -> BinaryIO:
    """Open a file of ours for appending; a new one is readable by nobody else."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
