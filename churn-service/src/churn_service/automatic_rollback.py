"""Roll back by itself: a new champion that does harm goes, once, and the log says why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from churn_service.artefact.aliases import CHAMPION, Alias, now, read_alias
from churn_service.artefact.errors import ArtefactError, PromotionRefusedError
from churn_service.artefact.promotion_log import Note, Promotion, read_promotions
from churn_service.artefact.promotions import Clock, roll_back
from churn_service.artefact.reader import read_version
from churn_service.artefact.reference import BinnedField
from churn_service.artefact.signature import Verifier
from churn_service.monitoring.probation import (
    Record,
    Tally,
    error_complaint,
    score_complaint,
    score_counts,
    slow_complaint,
)
from churn_service.monitoring.replicas import Sighting
from churn_service.monitoring.stability import FEWEST_ROWS

AUTOMATIC = "automatic"
UNREACHABLE = "no replica can be reached"
MINUTES = 30.0
# Looks in a row: files that are still being copied are no reason yet.
_REFUSED_LOOKS = 5


@dataclass(frozen=True)
class Registry:
    """Where the model is, and whose signature its versions need."""

    root: Path
    name: str
    public_key: Verifier | None = None


@dataclass(frozen=True)
class Trial:
    """A champion, or a canary, that is new enough to be on probation."""

    alias: Alias
    previous: str
    at: str

    @property
    def newcomer(self) -> str:
        """Return the version that is on probation."""
        return self.alias.canary.version if self.alias.canary else self.alias.version


class Guard:
    """Looks again and again; rolls a promotion back at most once, and only soon after it.

    A rollback is never undone, and a version that was rolled back by itself and is put in
    charge again by somebody is left alone.

    Args:
        registry: Where the model is.
        sight: Looks at the replicas.
        minutes: How long a promotion is on probation.
        clock: The time.
    """

    def __init__(
        self,
        registry: Registry,
        sight: Callable[[], Sighting],
        *,
        minutes: float = MINUTES,
        clock: Clock = now,
    ) -> None:
        self._registry = registry
        self._sight = sight
        self._minutes = minutes
        self._clock = clock
        self._reign: tuple[str, str] | None = None
        self._record = Record(Tally(), Tally())
        self._next_rows = FEWEST_ROWS
        self._refused_looks = 0
        self._settled: set[Trial] = set()

    def look(self) -> str:
        """Look once; return what was done, in words, or "" when there was nothing to do."""
        seen = self._sight()
        if not seen.reached:
            return UNREACHABLE
        try:
            alias = read_alias(self._registry.root, self._registry.name, CHAMPION)
        except ArtefactError as error:
            return f"nothing can be judged: {error}"
        log = read_promotions(self._registry.root, self._registry.name)
        self._count(alias, log, seen)
        trial = trial_of(alias, log, self._clock(), self._minutes)
        if trial is None or trial in self._settled:
            return ""
        complaint = self._complaint(trial, seen)
        return self._roll_back(trial, complaint) if complaint else ""

    def _count(self, alias: Alias | None, log: list[Promotion], seen: Sighting) -> None:
        """Add what was counted to the reign it belongs to."""
        changed_at = next((line.at for line in reversed(log) if line.alias == CHAMPION), "")
        reign = (str(alias), changed_at)
        if reign != self._reign:
            before = self._record.since
            self._reign, self._record = reign, Record(before, Tally())
            self._next_rows, self._refused_looks = FEWEST_ROWS, 0
        self._record.since.update(seen.increments)

    def _complaint(self, trial: Trial, seen: Sighting) -> str:
        return (
            self._refusal(trial, seen)
            or error_complaint(self._record)
            or slow_complaint(self._record)
            or self._score(trial)
        )

    def _refusal(self, trial: Trial, seen: Sighting) -> str:
        refused = [text for text in seen.refusals if text.startswith(f"{trial.alias.version}:")]
        self._refused_looks = self._refused_looks + 1 if refused else 0
        return (
            f"refused by a replica: {refused[0]}" if self._refused_looks >= _REFUSED_LOOKS else ""
        )

    def _score(self, trial: Trial) -> str:
        """Judge the scores at 100, 200, 400 ... customers, so that looks are few."""
        score = self._score_of(trial.alias.version)
        if trial.alias.canary or score is None:
            return ""
        rows = sum(score_counts(self._record.since, trial.alias.version, score))
        if rows < self._next_rows:
            return ""
        self._next_rows = 2 * rows
        complaint = score_complaint(self._record.since, trial.alias.version, score)
        old = self._score_of(trial.previous) if complaint else None
        if old and score_complaint(self._record.before, trial.previous, old):
            return ""  # the scores had moved before: the customers changed, not the model
        return complaint

    def _score_of(self, version: str) -> BinnedField | None:
        try:
            document = read_version(self._registry.root / self._registry.name / version)
        except ArtefactError:
            return None
        return document.reference.score if document.reference else None

    def _roll_back(self, trial: Trial, complaint: str) -> str:
        self._settled.add(trial)
        root, name, key = self._registry.root, self._registry.name, self._registry.public_key
        note = Note(AUTOMATIC, complaint)
        try:
            alias = roll_back(
                root, name, note, clock=self._clock, public_key=key, only_from=trial.alias
            )
        except (PromotionRefusedError, ArtefactError, OSError) as error:
            return f"{trial.newcomer} should be rolled back ({complaint}), but: {error}"
        return f"{trial.newcomer} was rolled back to {alias.version}: {complaint}"


def trial_of(
    alias: Alias | None, log: list[Promotion], at: datetime, minutes: float
) -> Trial | None:
    """Return what is on probation now; None when the last change was no recent promotion."""
    lines = list(filter(_is_of_champion, log))
    if alias is None or not lines:
        return None
    last, newcomer = lines[-1], _newcomer(lines[-1])
    is_recent = at - datetime.fromisoformat(last.at) <= timedelta(minutes=minutes)
    is_known = last.rollback or newcomer in _rolled_back_before(lines)
    if last.previous is None or is_known or not (is_recent and _is_of(alias, last)):
        return None
    return Trial(alias, last.previous, last.at)


def _is_of_champion(line: Promotion) -> bool:
    return line.alias == CHAMPION and bool(line.version)


def _is_of(alias: Alias, line: Promotion) -> bool:
    canary = alias.canary.version if alias.canary else None
    return (line.version, line.canary) == (alias.version, canary)


def _rolled_back_before(lines: list[Promotion]) -> set[str | None]:
    """Return the versions that were rolled back without anybody asking."""
    return {
        _newcomer(before)
        for before, line in pairwise(lines)
        if line.rollback and line.actor == AUTOMATIC
    }


def _newcomer(line: Promotion) -> str | None:
    return line.canary or line.version
