"""Probation: reasons to take a new champion out of charge, from what replicas count.

Each reason compares with the time before the promotion where that is known: a service
that was slow, or customers who changed, are not the new version's fault.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from churn_service.artefact.reference import SCORE, BinnedField
from churn_service.monitoring.drift import bin_labels
from churn_service.monitoring.stability import FEWEST_ROWS, field_psi, psi_threshold

ANSWERS, ERRORS, SLOW = ("answers",), ("errors",), ("slow",)
SLOW_SECONDS = 0.05
FEWEST_ANSWERS, FEWEST_BAD = 50, 10
# Budgets of 0.1 % errors and 1 % slow answers, spent 14.4 times too fast.
ERROR_SHARE, SLOW_SHARE = 0.0144, 0.144
WORSE_THAN_BEFORE = 3.0
HARD_PSI = 0.25
PROMISE = 0.01
# Scores are looked at with 100, 200, 400 ... customers; all looks share the promise.
MOST_LOOKS = 16

Key = tuple[str, ...]
Tally = Counter[Key]


@dataclass(frozen=True)
class Record:
    """What the replicas counted before and since a promotion.

    Attributes:
        before: Increments while the version before was in charge.
        since: Increments since the promotion.
    """

    before: Tally
    since: Tally


def score_key(version: str, label: str) -> Key:
    """Return the key that scores of a version in one bin are counted under."""
    return (SCORE, version, label)


def error_complaint(record: Record) -> str:
    """Say that the service answers with errors, clearly more than before; "" else."""
    return _burn(record, ERRORS, ERROR_SHARE, "answers are errors (5xx)")


def slow_complaint(record: Record) -> str:
    """Say that answers are slow, clearly more than before; "" when before is not known."""
    if record.before[ANSWERS] < FEWEST_ANSWERS:
        return ""
    return _burn(record, SLOW, SLOW_SHARE, f"answers take more than {SLOW_SECONDS * 1000:.0f} ms")


def score_complaint(tally: Tally, version: str, score: BinnedField) -> str:
    """Say that the scores of a version are far from those of its training; "" else."""
    window = score_counts(tally, version, score)
    rows = sum(window)
    if rows < FEWEST_ROWS:
        return ""
    found, bins = field_psi(score, window)
    limit = max(psi_threshold(score, rows, bins, PROMISE / MOST_LOOKS), HARD_PSI)
    if bins < 2 or found <= limit:
        return ""
    return f"PSI of the score is {found:.2f} on {rows:,} customers, the bound is {limit:.2f}"


def score_counts(tally: Tally, version: str, score: BinnedField) -> Sequence[int]:
    """Return how many scores of a version fell into each bin."""
    return [tally[score_key(version, label)] for label in bin_labels(score)]


def _burn(record: Record, kind: Key, most: float, words: str) -> str:
    bad, answers = record.since[kind], record.since[ANSWERS]
    if answers < FEWEST_ANSWERS or bad < FEWEST_BAD:
        return ""
    share = bad / answers
    before = record.before[kind] / max(1, record.before[ANSWERS])
    if share <= most or share <= WORSE_THAN_BEFORE * before:
        return ""
    return f"{share:.1%} of {answers:,} {words}, before the promotion {before:.1%}"
