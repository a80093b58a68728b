"""The hash chain of the audit: whoever changes a row breaks every later link. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from marketing_service.canonical import canonical_json

FIRST_HASH: Final = bytes(32)
"""What the first entry links to."""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One change: who did what to which object, when, linked to the entry before."""

    seq: int
    at: int
    actor: str
    action: str
    object: str
    diff: Mapping[str, Any]
    prev_hash: bytes
    hash: bytes


def link(entry: AuditEntry) -> bytes:
    """Return the hash that the entry must carry: SHA-256 of the one before and its content."""
    content = canonical_json([
        entry.seq,
        entry.at,
        entry.actor,
        entry.action,
        entry.object,
        entry.diff,
    ])
    return hashlib.sha256(entry.prev_hash + content).digest()


def first_broken(entries: Iterable[AuditEntry], head: bytes = FIRST_HASH) -> int | None:
    """Return the number of the first entry that does not link up; None when all do.

    Args:
        entries: In ascending order, without a gap.
        head: Hash of the entry before the first given one.
    """
    for entry in entries:
        if entry.prev_hash != head or entry.hash != link(entry):
            return entry.seq
        head = entry.hash
    return None
