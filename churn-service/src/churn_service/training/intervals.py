"""How sure a probability is: churn rates of bands of held-out customers."""

from itertools import pairwise

import numpy as np
from scipy.optimize import brentq  # type: ignore[import-untyped]  # ships no types
from scipy.special import expit, logit  # type: ignore[import-untyped]  # ships no types
from scipy.stats import beta  # type: ignore[import-untyped]  # ships no types

from churn_service.artefact.interval import IntervalTable
from churn_service.training.dataset import Labels, Rows
from churn_service.training.families.family import Floats

LEVEL = 0.95
BAND_ROWS = 250
MOST_BANDS = 20
_EDGE = 1e-9
_FARTHEST = 40.0


def interval_table(chances: Floats, churned: Labels, weights: Floats) -> IntervalTable:
    """Return the table of these customers, none of whom was learned from.

    Each band holds customers with about the same probability, 250 or more.
    The exact binomial interval (Clopper and Pearson) of its churn rate becomes
    a shift of the logit, up and down, that moves the band's mean probability
    to the interval's ends. So the interval of a customer follows the
    customer's own probability, and in the long run the churn rate of a band
    lies inside for 95 bands of 100 or more.
    """
    order = np.argsort(chances, kind="stable")
    bands = np.array_split(order, max(1, min(MOST_BANDS, len(order) // BAND_ROWS)))
    logits = logit(np.clip(chances, 1e-15, 1 - 1e-15))
    edges, kept = _edges(logits, bands)
    shifts = [_shifts(logits[rows], churned[rows], weights[rows]) for rows in kept]
    return IntervalTable(
        level=LEVEL,
        edges=tuple(edges),
        lower=tuple(min(low, 0.0) for low, _ in shifts),
        upper=tuple(max(high, 0.0) for _, high in shifts),
    )


def binomial_interval(churned: float, rows: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the exact interval of a rate (Clopper and Pearson)."""
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, churned, rows - churned + 1)) if churned > 0 else 0.0
    high = float(beta.ppf(1 - tail, churned + 1, rows - churned)) if churned < rows else 1.0
    return low, high


def _edges(logits: Floats, bands: list[Rows]) -> tuple[list[float], list[Rows]]:
    """Return ascending edges; bands between which no logit changes are joined."""
    edges: list[float] = []
    kept = [bands[0]]
    for before, band in pairwise(bands):
        edge = float((logits[before[-1]] + logits[band[0]]) / 2)
        if logits[before[-1]] < logits[band[0]] and (not edges or edges[-1] < edge):
            edges.append(edge)
            kept.append(band)
        else:
            kept[-1] = np.concatenate([kept[-1], band])
    return edges, kept


def _shifts(logits: Floats, churned: Labels, weights: Floats) -> tuple[float, float]:
    rows = float(weights.sum() ** 2 / (weights**2).sum())  # as many equal ones say as much
    rate = float(np.average(churned, weights=weights))
    low, high = binomial_interval(rate * rows, rows)
    return _shift(logits, weights, low), _shift(logits, weights, high)


def _shift(logits: Floats, weights: Floats, rate: float) -> float:
    """Return what to add to every logit so that the mean probability is the rate."""
    wanted = min(max(rate, _EDGE), 1 - _EDGE)

    def gap(shift: float) -> float:
        return float(np.average(expit(logits + shift), weights=weights)) - wanted

    if gap(-_FARTHEST) >= 0 or gap(_FARTHEST) <= 0:
        return -_FARTHEST if gap(0.0) > 0 else _FARTHEST
    return float(brentq(gap, -_FARTHEST, _FARTHEST, xtol=1e-9))
