"""What is known about a key, and the line the gateway reads; never the key."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

Status = Literal["active", "disabled", "revoked"]


@dataclass(frozen=True, kw_only=True)
class KeyRecord:
    """One access key. Times are whole seconds since 1970 UTC, 0 means "no limit".

    `group` is the first id of a rotation chain; `seq` is the number of the last change.
    """

    id: str
    group: str
    digest: str
    name: str
    owner: str
    plan: str
    scopes: tuple[str, ...]
    created_at: int
    not_before: int = 0
    not_after: int = 0
    status: Status = "active"
    seq: int = 0

    def line(self) -> str:
        """Return the record as the gateway reads it: nine fields between bars."""
        scopes = " ".join(self.scopes)
        times = f"{self.not_before}|{self.not_after}"
        return (
            f"{self.id}|{self.group}|{self.plan}|{scopes}|{times}"
            f"|{self.status}|{self.seq}|{self.owner}"
        )

    def change(self) -> "Change":
        """Return the journal entry that brings a gateway to this record."""
        return Change(self.seq, self.digest, self.line())

    def changed(self, seq: int, status: Status) -> "KeyRecord":
        """Return the record after a change of its status."""
        return replace(self, seq=seq, status=status)

    def public(self) -> dict[str, object]:
        """Return what lists and JSON output show; digests stay inside."""
        shown = dict(vars(self))
        del shown["digest"]
        shown["scopes"] = list(self.scopes)
        return shown


class Change(NamedTuple):
    """One line of the journal: number, digest of the key, record after the change."""

    seq: int
    digest: str
    record: str
