"""Calibration: do customers with 30 % leave in 30 of 100 cases?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn_service.training.report.judged import Floats, Judged
from churn_service.training.report.proportions import Share, share_of

BINS = 10
SIMULATIONS = 500
SEED = 42


@dataclass(frozen=True)
class ReliabilityBin:
    """Customers of similar probability: what was said, and what happened.

    `low` and `high` hold 95 % of the rates that a perfectly calibrated model
    would show with as many customers.
    """

    said: float
    happened: Share
    low: float
    high: float


@dataclass(frozen=True)
class Reliability:
    """Calibration of the test part.

    Attributes:
        bins: Ten groups of equal size, by rising probability.
        error: Mean distance of said and happened over the bins (ECE10).
        error_limit: What that distance stays below in 95 % of the cases when
            every probability is exactly right: noise, no fault.
        said: Mean probability.
        happened: Churn rate.
    """

    bins: tuple[ReliabilityBin, ...]
    error: float
    error_limit: float
    said: float
    happened: Share


def reliability(judged: Judged) -> Reliability:
    """Compare probabilities with outcomes, and the gap with its own noise."""
    order = np.argsort(judged.probability, kind="stable")
    starts = np.unique(np.linspace(0, len(order), BINS + 1).astype(int)[:-1])
    weights, said_each = judged.weights[order], judged.probability[order]
    sizes = np.add.reduceat(weights, starts)

    def rates(values: Floats | NDArray[np.int64] | NDArray[np.bool_]) -> Floats:
        found: Floats = np.add.reduceat(weights * values, starts) / sizes
        return found

    said, happened = rates(said_each), rates(judged.churned[order])
    draws = np.random.default_rng(SEED)
    worlds = np.array([rates(draws.random(len(order)) < said_each) for _ in range(SIMULATIONS)])
    low, high = np.quantile(worlds, [0.025, 0.975], axis=0)
    noise = np.average(np.abs(worlds - said), weights=sizes, axis=1)
    groups = np.split(order, starts[1:])
    bins = zip(said, groups, low, high, strict=True)
    return Reliability(
        bins=tuple(
            ReliabilityBin(
                float(mean),
                share_of(judged.churned[group], judged.weights[group]),
                *map(float, band),
            )
            for mean, group, *band in bins
        ),
        error=float(np.average(np.abs(said - happened), weights=sizes)),
        error_limit=float(np.quantile(noise, 0.95)),
        said=float(np.average(judged.probability, weights=judged.weights)),
        happened=share_of(judged.churned, judged.weights),
    )
