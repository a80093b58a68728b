"""The life of versions: promote, roll back, retire, clear away."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from churn_service.artefact.aliases import (
    ALIASES,
    CHALLENGER,
    CHAMPION,
    SHADOW,
    Alias,
    Canary,
    instant,
    intact_alias,
    now,
    pinned,
    point_alias,
)
from churn_service.artefact.errors import ArtefactError, PromotionRefusedError
from churn_service.artefact.files import locked, replace_file, sync_folder
from churn_service.artefact.listing import list_versions
from churn_service.artefact.names import checked_name
from churn_service.artefact.promotion_log import (
    Note,
    Promotion,
    append_promotion,
    champions,
    read_promotions,
)
from churn_service.artefact.signature import Verifier
from churn_service.artefact.verdict import latest_verdict

Clock = Callable[[], datetime]
RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants an alias to point at.

    Attributes:
        version: The version to point at.
        actor: Who asks.
        reason: Why.
        alias: Which alias; only the champion asks the gate.
        force: Promote although the gate failed or never ran.
        share: Answer only this share of the customers with it, as a canary.
    """

    version: str
    actor: str
    reason: str
    alias: str = CHAMPION
    force: bool = False
    share: float | None = None


def promote(
    root: Path,
    name: str,
    wish: Wish,
    *,
    clock: Clock = now,
    public_key: Verifier | None = None,
) -> Alias:
    """Point an alias at a version and log it.

    Args:
        root: The registry folder.
        name: Name of the model.
        wish: What to do, and who wants it.
        clock: The time to log.
        public_key: Whose signature the version needs; None takes unsigned ones, too.

    Raises:
        PromotionRefusedError: When the gate failed or never ran and the wish does not
            force it, the version was retired, or the champion is to wait for itself.
        ArtefactError: When the version is missing, damaged or not signed as asked for.
    """
    _check_wish(wish)
    version = pinned(root, name, wish.version, public_key)
    with locked(root / name):
        _refuse_retired(root, name, wish.version)
        wanted, note = version, Note(wish.actor, wish.reason)
        if wish.alias == CHAMPION:
            note = _judged(root, name, wish)
            wanted = _with_canary(root, name, wish, version)
        else:
            _refuse_champion(root, name, wish)
        point_alias(root, name, wish.alias, wanted, note, clock=clock)
        if wanted == version and wish.alias == CHAMPION:
            _clear_aliases(root, name, wish.version, note, clock)
    return wanted


def roll_back(
    root: Path,
    name: str,
    note: Note,
    *,
    clock: Clock = now,
    public_key: Verifier | None = None,
    only_from: Alias | None = None,
) -> Alias:
    """Put the champion before back in charge, or end a canary, whichever was last.

    Args:
        root: The registry folder.
        name: Name of the model.
        note: Who does it and why.
        clock: The time to log.
        public_key: Whose signature the version before needs; None takes unsigned ones.
        only_from: What must still be in charge; None for whatever is.

    Raises:
        PromotionRefusedError: When there is nothing to go back to, or somebody else
            changed the champion meanwhile.
        ArtefactError: When the version before is missing, damaged or not signed.
    """
    with locked(root / name):
        champion = intact_alias(root, name, CHAMPION)
        if only_from not in {None, champion}:
            raise PromotionRefusedError("somebody else has changed the champion meanwhile")
        if champion and champion.canary:
            wanted = Alias(champion.version, champion.sha256)
        else:
            wanted = pinned(root, name, _before(root, name), public_key)
        point_alias(root, name, CHAMPION, wanted, replace(note, rollback=True), clock=clock)
    return wanted


def version_before(root: Path, name: str) -> str | None:
    """Return the version that a rollback would put in charge, None when there is none."""
    stack = champions(read_promotions(root, name), CHAMPION)
    champion = intact_alias(root, name, CHAMPION)
    current = champion.version if champion else None
    earlier = [
        version for version in stack if version != current and not is_retired(root, name, version)
    ]
    return earlier[-1] if earlier else None


def retire(
    root: Path, name: str, version: str, *, actor: str, reason: str, clock: Clock = now
) -> None:
    """Mark a version as never to be promoted again; `gc` may delete it.

    It is no challenger and no shadow any more.

    Raises:
        PromotionRefusedError: When it is the champion, or its canary.
        ArtefactError: When there is no such version.
    """
    if version not in {folder.name for folder in list_versions(root, name)}:
        raise ArtefactError(version, f"no such version of {name!r} in {root}")
    with locked(root / name):
        if version in aliases_of(root, name).get(CHAMPION, ()):
            raise PromotionRefusedError(f"{version} answers customers; promote another one first")
        marker = _marker(root, name, version)
        marker.parent.mkdir(exist_ok=True)
        line = Promotion(
            alias=RETIRED, at=instant(clock), actor=actor, reason=reason,
            previous=version, version=None,
        )  # fmt: skip
        replace_file(marker, msgspec.json.encode(line))
        append_promotion(root, name, line)
        _clear_aliases(root, name, version, Note(actor, reason), clock)


def is_retired(root: Path, name: str, version: str) -> bool:
    """Tell whether a version was retired."""
    return _marker(root, name, version).is_file()


def aliases_of(root: Path, name: str) -> dict[str, tuple[str, ...]]:
    """Return the versions that each alias needs: its own, and its canary's."""
    found = {alias: intact_alias(root, name, alias) for alias in ALIASES}
    return {
        alias: (target.version, *((target.canary.version,) if target.canary else ()))
        for alias, target in found.items()
        if target
    }


def collect_garbage(root: Path, name: str, *, dry_run: bool = False) -> list[Path]:
    """Delete retired versions and what crashed writers left; return what goes.

    A version that an alias needs, or that a rollback would need, stays.
    """
    folder = root / checked_name(name, "model name")
    with locked(folder):
        doomed = [*_deletable(root, name), *sorted(filter(Path.is_dir, folder.glob(".tmp-*")))]
        for path in [] if dry_run else doomed:
            shutil.rmtree(path)
        sync_folder(folder)
    return doomed


def _deletable(root: Path, name: str) -> list[Path]:
    """Return the retired versions that nothing needs."""
    kept = {version for held in aliases_of(root, name).values() for version in held}
    return [
        path
        for path in list_versions(root, name)
        if path.name not in kept and is_retired(root, name, path.name)
    ]


def _check_wish(wish: Wish) -> None:
    if wish.alias not in ALIASES:
        raise PromotionRefusedError(f"{wish.alias!r} is no alias; there are: {', '.join(ALIASES)}")
    if not wish.reason.strip():
        raise PromotionRefusedError("a reason is needed: it is what the log is read for")
    if wish.share is not None and (wish.alias != CHAMPION or not 0 < wish.share < 1):
        raise PromotionRefusedError("a canary's share lies between 0 and 1, for the champion only")


def _judged(root: Path, name: str, wish: Wish) -> Note:
    """Return the note of a promotion that the gate allows, or that is forced."""
    champion = intact_alias(root, name, CHAMPION)
    note = Note(wish.actor, wish.reason)
    if champion is None or wish.version in {champion.version, version_before(root, name)}:
        return note
    verdict = latest_verdict(root, name, wish.version, champion.version)
    gate = verdict.digest if verdict else None
    if verdict and verdict.passed:
        return Note(wish.actor, wish.reason, gate=gate)
    if not wish.force:
        raise PromotionRefusedError(
            f"the gate failed: {verdict.failures()}"
            if verdict
            else f"the gate has not compared {wish.version} with the champion, "
            f"{champion.version}; run: churn models promote {wish.version} --data ... --config ... "
            '--reason "..."'
        )
    return Note(wish.actor, wish.reason, gate=gate, forced=True)


def _with_canary(root: Path, name: str, wish: Wish, version: Alias) -> Alias:
    if wish.share is None:
        return version
    champion = intact_alias(root, name, CHAMPION)
    if champion is None or champion.version == version.version:
        raise PromotionRefusedError("a canary needs another version as champion beside it")
    canary = Canary(version.version, version.sha256, wish.share)
    return Alias(champion.version, champion.sha256, canary)


def _clear_aliases(root: Path, name: str, version: str, note: Note, clock: Clock) -> None:
    """Take the aliases away that only wait for this version to be put in charge."""
    for alias in (CHALLENGER, SHADOW):
        target = intact_alias(root, name, alias)
        if target and target.version == version:
            point_alias(root, name, alias, None, note, clock=clock)


def _before(root: Path, name: str) -> str:
    version = version_before(root, name)
    if version is None:
        raise PromotionRefusedError("there is no champion before this one to go back to")
    return version


def _refuse_champion(root: Path, name: str, wish: Wish) -> None:
    champion = intact_alias(root, name, CHAMPION)
    if champion and champion.version == wish.version:
        raise PromotionRefusedError(
            f"{wish.version} is the champion, which answers customers already; "
            f"the {wish.alias} is another version, compared with it"
        )


def _refuse_retired(root: Path, name: str, version: str) -> None:
    if is_retired(root, name, version):
        raise PromotionRefusedError(f"{version} was retired and is never promoted again")


def _marker(root: Path, name: str, version: str) -> Path:
    folder = root / checked_name(name, "model name") / RETIRED
    return folder / checked_name(version, "version")
