"""How well the ranking works: ROC, precision and recall, gains, scores."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from churn_service.training.dataset import Labels, Weights
from churn_service.training.report.judged import Floats, Judged
from churn_service.training.report.proportions import Z

Line = tuple[tuple[float, float], ...]
_POINTS = 200
SCORE_BINS = 20


@dataclass(frozen=True)
class Gain:
    """What the customers of the highest scores hold."""

    share: float
    found: float
    lift: float
    lowest_probability: float


@dataclass(frozen=True)
class ScoreBin:
    """Customers whose probability falls between two limits."""

    low: float
    high: float
    stayed: int
    churned: int


@dataclass(frozen=True)
class Curves:
    """The ranking of the test part."""

    auc: float
    auc_low: float
    auc_high: float
    roc: Line
    precision_recall: Line
    gains: tuple[Gain, ...]
    scores: tuple[ScoreBin, ...]


def curves(judged: Judged) -> Curves:
    """Return every curve of the ranking, thinned to what a page can show."""
    churned, said, weights = judged.churned, judged.probability, judged.weights
    false, true, _ = roc_curve(churned, said, sample_weight=weights)
    precision, recall, _ = precision_recall_curve(churned, said, sample_weight=weights)
    found = recall > 0  # nobody selected has no precision
    auc, low, high = auc_interval(churned, said, weights)
    return Curves(
        auc=auc,
        auc_low=low,
        auc_high=high,
        roc=_thinned(false, true),
        precision_recall=_thinned(recall[found][::-1], precision[found][::-1]),
        gains=_gains(churned, said, weights),
        scores=_scores(churned, said),
    )


def auc_interval(churned: Labels, said: Floats, weights: Weights) -> tuple[float, float, float]:
    """Return the AUC and its 95 % interval (Hanley and McNeil)."""
    auc = float(roc_auc_score(churned, said, sample_weight=weights))
    leavers = int(churned.sum())
    stayers = len(churned) - leavers
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc) + (leavers - 1) * (first - auc**2) + (stayers - 1) * (second - auc**2)
    )
    half = Z * float(np.sqrt(max(variance, 0.0) / (leavers * stayers)))
    return auc, max(0.0, auc - half), min(1.0, auc + half)


def _thinned(across: Floats, up: Floats) -> Line:
    places = np.unique(np.linspace(0, len(across) - 1, _POINTS).astype(int))
    return tuple(zip(across[places].tolist(), up[places].tolist(), strict=True))


def _gains(churned: Labels, said: Floats, weights: Weights) -> tuple[Gain, ...]:
    order = np.argsort(-said, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    found = np.cumsum((weights * churned)[order]) / (weights @ churned)
    gains = []
    for share in np.linspace(0.05, 1.0, 20):
        place = min(int(np.searchsorted(reached, share - 1e-12)), len(order) - 1)
        gains.append(
            Gain(
                share=float(round(share, 2)),
                found=float(found[place]),
                lift=float(found[place] / reached[place]),
                lowest_probability=float(said[order[place]]),
            )
        )
    return tuple(gains)


def _scores(churned: Labels, said: Floats) -> tuple[ScoreBin, ...]:
    edges = np.linspace(0, 1, SCORE_BINS + 1)
    left = np.histogram(said[churned == 1], edges)[0]
    stayed = np.histogram(said[churned == 0], edges)[0]
    return tuple(
        ScoreBin(float(low), float(high), int(calm), int(gone))
        for low, high, calm, gone in zip(edges[:-1], edges[1:], stayed, left, strict=True)
    )
