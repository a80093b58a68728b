"""What the page says about versions: who answers, who waits, and what may be changed."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from prometheus_client import CollectorRegistry

from churn_service.alias_changes import InCharge, in_charge
from churn_service.artefact.aliases import CHALLENGER, CHAMPION, SHADOW, Alias, intact_alias
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.listing import list_versions
from churn_service.artefact.promotion_log import Promotion, read_promotions
from churn_service.artefact.promotions import version_before
from churn_service.artefact.verdict import Verdict, latest_verdict
from churn_service.web.model_quality import metric_of

MOST_VERSIONS = 20
MOST_CHANGES = 8
CANARY = "canary"
_REPORT = "report.html"
_SHADOW_ROWS = "churn_shadow_rows_total"
_SHADOW_MOVES = "churn_shadow_disagreements_total"


class Version(NamedTuple):
    """One version of the registry, as the table shows it."""

    version: str
    made: str
    roles: str
    auc: float | None
    has_report: bool


class Role(NamedTuple):
    """One version that has a role, and what it does in it."""

    name: str
    version: str
    does: str


class Candidate(NamedTuple):
    """The challenger, with what the gate said of it; `problem` when that is nothing."""

    version: str
    verdict: Verdict | None
    problem: str

    @property
    def may_follow(self) -> bool:
        """Tell whether the gate lets it be promoted."""
        return bool(self.verdict and self.verdict.passed)


class Rollout(NamedTuple):
    """Who is in charge, who could follow, who was before, and the latest changes."""

    seen: InCharge
    roles: tuple[Role, ...]
    candidate: Candidate | None
    before: str | None
    changes: tuple[Promotion, ...]


def rollout_of(root: Path, name: str, metrics: CollectorRegistry) -> Rollout | None:
    """Return the roles as the registry's files name them; None without a champion."""
    champion = intact_alias(root, name, CHAMPION)
    if champion is None:
        return None
    return Rollout(
        seen=in_charge(champion),
        roles=tuple(_roles(root, name, champion, metrics)),
        candidate=_candidate(root, name, champion.version),
        before=version_before(root, name),
        changes=tuple(read_promotions(root, name)[: -MOST_CHANGES - 1 : -1]),
    )


def may_write(root: Path, name: str) -> bool:
    """Tell whether this process can write the registry; a read-only mount says no."""
    return os.access(root / name, os.W_OK)


def versions_of(root: Path, name: str) -> tuple[Version, ...]:
    """Return the versions of a model, the newest first, at most 20."""
    held = _held(root, name)
    newest = list_versions(root, name)[::-1][:MOST_VERSIONS]
    return tuple(
        Version(
            version=folder.name,
            made=_made(folder),
            roles=", ".join(role for role, version in held if version == folder.name),
            auc=metric_of(_metrics_of(folder), "auc"),
            has_report=(folder / _REPORT).is_file(),
        )
        for folder in newest
    )


def _held(root: Path, name: str) -> list[tuple[str, str]]:
    aliases = [(role, intact_alias(root, name, role)) for role in (CHAMPION, CHALLENGER, SHADOW)]
    held = [(role, alias.version) for role, alias in aliases if alias]
    canaries = [(CANARY, alias.canary.version) for _, alias in aliases if alias and alias.canary]
    return held + canaries


def _roles(root: Path, name: str, champion: Alias, metrics: CollectorRegistry) -> Iterator[Role]:
    canary = champion.canary
    rest = "answers all others, and lists of customers" if canary else "answers customers"
    yield Role(CHAMPION, champion.version, rest)
    if canary:
        does = (
            f"answers {_percent(canary.share)} of the customers who are asked about one at a time"
        )
        yield Role(CANARY, canary.version, f"{does}, always the same ones")
    for role, does in ((CHALLENGER, "waits to be promoted"), (SHADOW, "is only watched")):
        alias = intact_alias(root, name, role)
        if alias:
            yield Role(role, alias.version, f"{does}; {_in_shadow(metrics, alias.version)}")


def _in_shadow(metrics: CollectorRegistry, version: str) -> str:
    """Say how often a version would have answered otherwise, counted by this process."""
    counts = {
        (sample.name, sample.labels.get("kind", "")): sample.value
        for family in metrics.restricted_registry([_SHADOW_ROWS, _SHADOW_MOVES]).collect()
        for sample in family.samples
        if sample.labels.get("model_version") == version
    }
    rows = counts.get((_SHADOW_ROWS, ""), 0)
    if not rows:
        return "nobody scored in shadow yet"
    moved = counts.get((_SHADOW_MOVES, "probability"), 0) / rows
    changed = counts.get((_SHADOW_MOVES, "decision"), 0) / rows
    return (
        f"scored {rows:,.0f} customers in shadow: {_percent(moved)} moved by more than 5 points, "
        f"{_percent(changed)} would be decided otherwise"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g}\u00a0%"


def _candidate(root: Path, name: str, champion: str) -> Candidate | None:
    alias = intact_alias(root, name, CHALLENGER)
    if alias is None or alias.version == champion:
        return None
    version = alias.version
    try:
        verdict = latest_verdict(root, name, version, champion)
    except ArtefactError as error:
        return Candidate(version, None, f"its verdict cannot be used: {error}")
    problem = "" if verdict else "the gate has not compared it with this champion"
    return Candidate(version, verdict, problem)


def _made(folder: Path) -> str:
    seconds = (folder / "manifest.json").stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _metrics_of(folder: Path) -> object:
    try:
        return msgspec.json.decode((folder / "metrics.json").read_bytes())
    except (OSError, ValueError):
        return None
