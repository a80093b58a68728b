"""Which version is in charge: small files that are replaced in one step."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.files import append_line, replace_file
from churn_service.artefact.names import checked_name
from churn_service.artefact.reader import read_artefact

CHAMPION = "champion"


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version and the sha256 of its manifest, which covers all its files."""

    version: str
    sha256: str


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``promotions.jsonl``: who pointed an alias where, and why."""

    alias: str
    at: str
    actor: str
    reason: str
    previous: str | None
    version: str


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def alias_path(root: Path, name: str, alias: str) -> Path:
    """Return where the file of an alias is."""
    return root / checked_name(name, "model name") / "aliases" / checked_name(alias, "alias")


def read_alias(root: Path, name: str, alias: str) -> Alias | None:
    """Return what an alias points at, None when it was never set.

    Raises:
        ArtefactError: When the alias file is torn or not readable.
    """
    path = alias_path(root, name, alias)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Alias)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ArtefactError(f"aliases/{alias}", f"cannot be read: {error}") from error
    checked_name(found.version, f"aliases/{alias}")
    return found


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
    """Point an alias at an intact version and log the promotion.

    Pointing it where it points already changes nothing and logs nothing.

    Raises:
        ArtefactError: When the version is missing or damaged.
    """
    artefact = read_artefact(root / checked_name(name, "model name") / version)
    previous = _previous(root, name, alias)
    wanted = Alias(version, artefact.manifest_sha256)
    if previous == wanted:
        return wanted
    path = alias_path(root, name, alias)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, msgspec.json.encode(wanted, order="sorted"))
    promotion = Promotion(
        alias=alias,
        at=clock().isoformat(timespec="seconds").replace("+00:00", "Z"),
        actor=actor,
        reason=reason,
        previous=previous.version if previous else None,
        version=version,
    )
    append_line(root / name / "promotions.jsonl", msgspec.json.encode(promotion))
    return wanted


def _previous(root: Path, name: str, alias: str) -> Alias | None:
    try:
        return read_alias(root, name, alias)
    except ArtefactError:
        return None  # a torn alias file is replaced, which is its cure
