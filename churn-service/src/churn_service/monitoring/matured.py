"""Performance on outcomes that have become known, by cohort of the day of scoring."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from statistics import NormalDist
from typing import Literal, NamedTuple

PROMISE = 0.01
_LEAST_CHANCE = 1e-9
# What the feedback of campaigns calls customers whom nobody has contacted; "" is everybody.
UNTOUCHED = ("", "none")
Period = Literal["week", "month", "quarter", "year"]


class ScoredOutcome(NamedTuple):
    """A customer's probability, the day it was given, and what became of the customer.

    `churned` is None while nobody knows. `group` keeps customers apart, as
    those whom a campaign has contacted: their outcome says what the offer did.
    """

    score: float
    day: date
    churned: bool | None
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Customers of one group that were scored in the same period.

    Attributes:
        period: Its name, as 2026-03 or 2026-W07.
        group: Which customers, where some are kept apart.
        rows: Customers whose outcome is known.
        churned: How many of them left.
        expected: How many the probabilities promised.
        auc: None when all stayed or all left.
        log_loss: Mean of -log(probability of what happened).
        brier: Mean squared error of the probability.
        deviation: (churned - expected) in standard deviations of chance.
        holds: Whether that is within what chance explains, over all cohorts.
    """

    period: str
    group: str
    rows: int
    churned: int
    expected: float
    auc: float | None
    log_loss: float
    brier: float
    deviation: float
    holds: bool

    @property
    def is_broken(self) -> bool:
        """Tell whether the model is to blame: no offer can have kept these customers."""
        return not self.holds and self.group in UNTOUCHED

    @property
    def verdict(self) -> str:
        """Say in words whether the probabilities held."""
        if self.holds:
            return "as promised"
        return "more left than promised" if self.deviation > 0 else "fewer left than promised"


@dataclass(frozen=True)
class MaturedPerformance:
    """All cohorts, the oldest first, and how many customers had to wait."""

    cohorts: tuple[Cohort, ...]
    not_matured: int
    unknown: int


def matured_performance(
    outcomes: Iterable[ScoredOutcome],
    *,
    as_of: date,
    horizon_days: int,
    period: Period = "month",
    promise: float = PROMISE,
) -> MaturedPerformance:
    """Measure the cohorts whose horizon is over.

    A customer scored less than `horizon_days` before `as_of` is left out even
    when he has already left: counting only the early leavers of a young cohort
    makes every model look blind. `promise` is the chance that any cohort of a
    well calibrated model is called wrong.
    """
    given = list(outcomes)
    last = as_of - timedelta(days=horizon_days)
    old = [outcome for outcome in given if outcome.day <= last]
    known = sorted(
        (outcome for outcome in old if outcome.churned is not None),
        key=lambda outcome: _cohort_key(outcome, period),
    )
    parts = [
        (key, list(members))
        for key, members in groupby(known, key=lambda outcome: _cohort_key(outcome, period))
    ]
    limit = NormalDist().inv_cdf(1 - promise / (2 * max(1, len(parts))))
    return MaturedPerformance(
        cohorts=tuple(_cohort(key, members, limit) for key, members in parts),
        not_matured=len(given) - len(old),
        unknown=len(old) - len(known),
    )


def auc(scores: Sequence[float], churned: Sequence[bool]) -> float | None:
    """Return how often a leaver scores above a stayer, ties counting half."""
    leavers = sum(churned)
    pairs = leavers * (len(churned) - leavers)
    if not pairs:
        return None
    won, below = 0.0, 0
    ordered = sorted(zip(scores, churned, strict=True))
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        outcomes = [left for _, left in tied]
        left, stayed = sum(outcomes), len(outcomes) - sum(outcomes)
        won += left * (below + stayed / 2)
        below += stayed
    return won / pairs


def period_of(day: date, period: Period) -> str:
    """Return the name of the period that a day belongs to; names sort by time."""
    year, week, _ = day.isocalendar()
    names = {
        "week": f"{year}-W{week:02d}",
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "year": f"{day.year}",
    }
    return names[period]


def _cohort_key(outcome: ScoredOutcome, period: Period) -> tuple[str, str]:
    return period_of(outcome.day, period), outcome.group


def _cohort(key: tuple[str, str], members: Sequence[ScoredOutcome], limit: float) -> Cohort:
    scores = [member.score for member in members]
    churned = [bool(member.churned) for member in members]
    expected, left = sum(scores), sum(churned)
    deviation = _deviation(left - expected, scores)
    losses = [_log_loss(score, outcome) for score, outcome in zip(scores, churned, strict=True)]
    errors = [(score - outcome) ** 2 for score, outcome in zip(scores, churned, strict=True)]
    return Cohort(
        period=key[0],
        group=key[1],
        rows=len(members),
        churned=left,
        expected=expected,
        auc=auc(scores, churned),
        log_loss=sum(losses) / len(members),
        brier=sum(errors) / len(members),
        deviation=deviation,
        holds=abs(deviation) <= limit,
    )


def _deviation(surplus: float, scores: Sequence[float]) -> float:
    """Return the surplus in standard deviations; certain scores leave nothing to chance."""
    chance = math.sqrt(sum(score * (1 - score) for score in scores))
    return surplus / max(chance, _LEAST_CHANCE)


def _log_loss(score: float, churned: bool) -> float:  # noqa: FBT001 - the outcome is a value here
    """Return the surprise; a certain prediction that was wrong costs 36, not infinity."""
    chance = score if churned else 1 - score
    return -math.log(max(chance, 2.0**-52))
