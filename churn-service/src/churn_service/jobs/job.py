"""What a job is: who asked for what, how far it is, how it ended."""

from typing import Literal

import msgspec

from churn_contract.problem import FieldError

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; never changes.

    Attributes:
        id: Name of the job, and of its folder.
        owner: Who may see it; empty where nobody is told apart.
        created: When it was asked for, RFC 3339 in UTC.
        model_version: The version that scores all of it.
        content_type: Media type of the input, with its parameters.
        is_gzip: Whether the input is compressed.
        answer_type: Media type of the result.
        is_lenient: Whether bad rows get errors in their places.
        path: The mounted file that is read; empty for an uploaded one.
        input_bytes: Size of the input as it lies there.
        input_sha256: Of an uploaded input, hex.
        key: The caller's Idempotency-Key; empty without one.
    """

    id: str
    owner: str = ""
    created: str
    model_version: str
    content_type: str
    is_gzip: bool = False
    answer_type: str
    is_lenient: bool = False
    path: str = ""
    input_bytes: int = 0
    input_sha256: str = ""
    key: str = ""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a job is, and how it ended.

    Attributes:
        state: Where it stands.
        attempts: How often it was started.
        read_bytes: How much of the input was read.
        rows: Customers so far, bad ones included.
        bad_rows: Those that could not be scored.
        result_bytes: Size of the result.
        started: When it was last started, RFC 3339 in UTC.
        ended: When it ended.
        detail: Why it failed, a sentence for people.
        errors: What is wrong with single rows, the first hundred.
    """

    state: State = "queued"
    attempts: int = 0
    read_bytes: int = 0
    rows: int = 0
    bad_rows: int = 0
    result_bytes: int = 0
    started: str = ""
    ended: str = ""
    detail: str = ""
    errors: tuple[FieldError, ...] = ()

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED


class Job(msgspec.Struct, frozen=True):
    """An order and how far it is."""

    order: Order
    progress: Progress

    def facts(self) -> dict[str, object]:
        """Describe the job for its owner; JSON-ready."""
        order, now = self.order, self.progress
        facts = msgspec.to_builtins(order) | msgspec.to_builtins(now)
        for hidden in ("owner", "key", "path"):
            facts.pop(hidden)
        share = now.read_bytes / order.input_bytes if order.input_bytes else 1.0
        return {**facts, "share_read": round(min(share, 1.0), 4)}
