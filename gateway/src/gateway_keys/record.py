"""What is known about a key, and the line the gateway reads; never the key."""

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

from gateway_keys.errors import UsageError

Status = Literal["active", "disabled", "revoked"]
STATUSES: tuple[Status, ...] = get_args(Status)

# These stand in headers and in '|'-separated records later, so they are checked when stored.
ID_PATTERN = re.compile(r"k_[a-z0-9]{10}")
OWNER_PATTERN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
NAME_PATTERN = re.compile(r"[ -~]{1,64}")


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

    def changed(self, seq: int, status: Status) -> "KeyRecord":
        """Return the record after a change of its status."""
        return replace(self, seq=seq, status=status)

    def public(self) -> dict[str, object]:
        """Return what lists and JSON output show; digests stay inside."""
        shown = dict(vars(self))
        del shown["digest"]
        shown["scopes"] = list(self.scopes)
        return shown


def as_status(word: str) -> Status:
    """Return the word as a status; the store holds no others."""
    if word not in STATUSES:
        raise UsageError(f"unknown status {word!r}; known are: {', '.join(STATUSES)}")
    return word


def check_names(name: str, owner: str) -> None:
    """Refuse a name or an owner that could not stand in a header or a list.

    Raises:
        UsageError: With the rule that was broken.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise UsageError("a name has 1 to 64 printable ASCII characters")
    if not OWNER_PATTERN.fullmatch(owner):
        raise UsageError(
            "an owner has 1 to 64 characters of a-z 0-9 . _ @ - and starts with a letter or digit"
        )
