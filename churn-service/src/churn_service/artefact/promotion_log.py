"""The append-only log of a model: who pointed which alias where, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from churn_service.artefact.files import append_line
from churn_service.artefact.names import checked_name

LOG_FILE = "promotions.jsonl"


@dataclass(frozen=True)
class Note:
    """What is logged beside a change of an alias.

    Attributes:
        actor: Who asked for it.
        reason: Why, in the actor's words.
        gate: The sha256 of the verdict it rests on.
        forced: It went against the gate, or without one.
        rollback: It undoes the promotion before.
    """

    actor: str
    reason: str
    gate: str | None = None
    forced: bool = False
    rollback: bool = False


class Promotion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of ``promotions.jsonl``; a version of None took the alias away."""

    alias: str
    at: str
    actor: str
    reason: str
    previous: str | None
    version: str | None
    gate: str | None = None
    forced: bool = False
    rollback: bool = False
    canary: str | None = None
    share: float | None = None


def log_path(root: Path, name: str) -> Path:
    """Return where the log of a model is."""
    return root / checked_name(name, "model name") / LOG_FILE


def append_promotion(root: Path, name: str, promotion: Promotion) -> None:
    """Add a line to the log and wait until the disk has it."""
    append_line(log_path(root, name), msgspec.json.encode(promotion))


def read_promotions(root: Path, name: str) -> list[Promotion]:
    """Return the log, the oldest line first; a line torn by a crash is left out."""
    path = log_path(root, name)
    lines = path.read_bytes().splitlines() if path.is_file() else []
    found = [_promotion(line) for line in lines]
    return [promotion for promotion in found if promotion]


def champions(log: Sequence[Promotion], alias: str) -> list[str]:
    """Return the versions that an alias has had, as far as they were not rolled back.

    The last one is in charge; a rollback takes it off and the one before comes back.
    """
    stack: list[str] = []
    for line in log:
        if line.alias != alias or line.version is None or stack[-1:] == [line.version]:
            continue
        if line.rollback and line.version in stack:
            while stack[-1] != line.version:
                stack.pop()
        else:
            stack.append(line.version)
    return stack


def last_rollback(log: Sequence[Promotion], alias: str, version: str) -> Promotion | None:
    """Return the line that took an alias from a version; None when it came back since."""
    found = None
    for line in log:
        if line.alias != alias or line.version is None:
            continue
        if line.rollback and line.previous == version != line.version:
            found = line
        elif line.version == version:
            found = None
    return found


def _promotion(line: bytes) -> Promotion | None:
    try:
        return msgspec.json.decode(line, type=Promotion)
    except ValueError:
        return None
