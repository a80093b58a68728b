"""Two models on the same rows: how sure is it that one is not worse?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
RESAMPLES = 1_000
CONFIDENCE = 0.95
_SMALLEST = 1e-15


@dataclass(frozen=True)
class Difference:
    """Candidate minus champion, and the end of its one-sided interval that could hurt."""

    value: float
    worst: float


@dataclass(frozen=True)
class Pair:
    """Outcomes, two models' probabilities, and how many customers each row stands for."""

    churned: Labels
    candidate: Floats
    champion: Floats
    weights: Floats


def log_losses(churned: Labels, probability: Floats) -> Floats:
    """Return the log loss of each row."""
    inside = np.clip(probability, _SMALLEST, 1 - _SMALLEST)
    losses: Floats = -np.where(churned == 1, np.log(inside), np.log1p(-inside))
    return losses


def log_loss_difference(pair: Pair, *, seed: int) -> Difference:
    """Return how much more log loss the candidate has, and the most that it may be."""
    each = log_losses(pair.churned, pair.candidate) - log_losses(pair.churned, pair.champion)
    drawn = [
        float(np.average(each, weights=counts * pair.weights))
        for counts in _resamples(len(each), seed)
    ]
    value = float(np.average(each, weights=pair.weights))
    return Difference(value, float(np.quantile(drawn, CONFIDENCE)))


def auc_difference(pair: Pair, *, seed: int) -> Difference:
    """Return how much more AUC the candidate has, and the least that it may be."""
    ranks = [_Ranking(pair.churned, scores) for scores in (pair.candidate, pair.champion)]
    drawn = []
    for counts in _resamples(len(pair.churned), seed):
        ours, theirs = (ranking.auc(counts * pair.weights) for ranking in ranks)
        drawn.append(ours - theirs)
    ours, theirs = (ranking.auc(pair.weights) for ranking in ranks)
    return Difference(ours - theirs, float(np.nanquantile(drawn, 1 - CONFIDENCE)))


class _Ranking:
    """Rows sorted by score once, so that an AUC of a resample needs no sorting."""

    def __init__(self, churned: Labels, scores: Floats) -> None:
        self._order = np.argsort(scores, kind="stable")
        ordered = scores[self._order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._left = churned[self._order] == 1

    def auc(self, counts: Floats) -> float:
        """Return the AUC when each row counts so much; NaN with one outcome only."""
        weights = counts[self._order]
        leavers = np.add.reduceat(weights * self._left, self._starts)
        stayers = np.add.reduceat(weights * ~self._left, self._starts)
        below = np.cumsum(stayers) - stayers / 2
        pairs = leavers.sum() * stayers.sum()
        return float(leavers @ below / pairs) if pairs else float("nan")


def _resamples(rows: int, seed: int) -> Iterator[Floats]:
    """Yield how often each row is drawn; both models see the same draws."""
    random = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        drawn = random.integers(0, rows, rows)
        yield np.bincount(drawn, minlength=rows).astype(np.float64)
