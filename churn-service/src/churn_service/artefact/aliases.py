"""Which version is in charge: small files that are replaced in one step."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.files import locked, replace_file, sync_folder
from churn_service.artefact.names import checked_name
from churn_service.artefact.promotion_log import Note, Promotion, append_promotion
from churn_service.artefact.reader import read_artefact
from churn_service.artefact.signature import Verifier

CHAMPION = "champion"
CHALLENGER = "challenger"
SHADOW = "shadow"
ALIASES = (CHAMPION, CHALLENGER, SHADOW)


class Canary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version that answers a share of the customers; `check` covers the whole alias."""

    version: str
    sha256: str
    share: float
    check: str = ""


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A version and the sha256 of its manifest, which covers all its files."""

    version: str
    sha256: str
    canary: Canary | None = None


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def instant(clock: Callable[[], datetime]) -> str:
    """Return the clock's time as RFC 3339 in seconds."""
    return clock().isoformat(timespec="seconds").replace("+00:00", "Z")


def alias_path(root: Path, name: str, alias: str) -> Path:
    """Return where the file of an alias is."""
    return root / checked_name(name, "model name") / "aliases" / checked_name(alias, "alias")


def read_alias(root: Path, name: str, alias: str) -> Alias | None:
    """Return what an alias points at, None when it was never set.

    Raises:
        ArtefactError: When the alias file is torn, changed or not readable.
    """
    path = alias_path(root, name, alias)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Alias)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ArtefactError(f"aliases/{alias}", f"cannot be read: {error}") from error
    checked_name(found.version, f"aliases/{alias}")
    if found.canary and found.canary != sealed(found).canary:
        raise ArtefactError(f"aliases/{alias}", "was changed after it was written")
    return found


def intact_alias(root: Path, name: str, alias: str) -> Alias | None:
    """Return what an alias points at; None also for a torn file, whose cure is a new one."""
    try:
        return read_alias(root, name, alias)
    except ArtefactError:
        return None


def sealed(alias: Alias) -> Alias:
    """Return the alias with the check of its canary, which has no hash of its own."""
    if alias.canary is None:
        return alias
    bare = msgspec.structs.replace(alias.canary, check="")
    content = msgspec.json.encode(msgspec.structs.replace(alias, canary=bare), order="sorted")
    check = sha256(content).hexdigest()[:16]
    return msgspec.structs.replace(alias, canary=msgspec.structs.replace(bare, check=check))


def pinned(root: Path, name: str, version: str, public_key: Verifier | None = None) -> Alias:
    """Return an alias for a version with the sha256 of its manifest.

    Raises:
        ArtefactError: When the version is missing, damaged or not signed as asked for.
    """
    folder = root / checked_name(name, "model name") / checked_name(version, "version")
    return Alias(version, read_artefact(folder, public_key=public_key).manifest_sha256)


def write_alias(
    root: Path,
    name: str,
    alias: str,
    version: str,
    *,
    reason: str,
    actor: str,
    clock: Callable[[], datetime] = now,
) -> Alias:
    """Point an alias at an intact version, whatever the gate says, and log it.

    Pointing it where it points already changes nothing and logs nothing.

    Raises:
        ArtefactError: When the version is missing or damaged.
    """
    wanted = pinned(root, name, version)
    with locked(root / name):
        point_alias(root, name, alias, wanted, Note(actor, reason), clock=clock)
    return wanted


def point_alias(
    root: Path,
    name: str,
    alias: str,
    wanted: Alias | None,
    note: Note,
    *,
    clock: Callable[[], datetime] = now,
) -> None:
    """Replace or remove an alias and log it; the caller holds the model's lock."""
    previous = intact_alias(root, name, alias)
    wanted = sealed(wanted) if wanted else None
    if previous == wanted:
        return
    _replace(alias_path(root, name, alias), wanted)
    canary = wanted.canary if wanted else None
    promotion = Promotion(
        alias=alias,
        at=instant(clock),
        actor=note.actor,
        reason=note.reason,
        previous=previous.version if previous else None,
        version=wanted.version if wanted else None,
        gate=note.gate,
        forced=note.forced,
        rollback=note.rollback,
        canary=canary.version if canary else None,
        share=canary.share if canary else None,
    )
    append_promotion(root, name, promotion)


def _replace(path: Path, wanted: Alias | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if wanted is None:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    else:
        replace_file(path, msgspec.json.encode(wanted, order="sorted"))
