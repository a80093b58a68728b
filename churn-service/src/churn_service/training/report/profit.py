"""What a threshold costs, and what the ranking is worth in money."""

from dataclasses import dataclass

import numpy as np

from churn_service.training.empc import (
    Profit,
    expected_maximum_profit,
    maximum_profit,
    profit_curve,
)
from churn_service.training.report.judged import Floats, Judged

MISS = 500.0
OFFER = 100.0
_PROFITS = 101
_THRESHOLDS = np.round(np.linspace(0.01, 0.99, 99), 2)


@dataclass(frozen=True)
class CostPoint:
    """Making an offer to everybody at or above a threshold."""

    threshold: float
    cost: float
    offers: int
    missed: int


@dataclass(frozen=True)
class Money:
    """Costs over all thresholds, per customer of the test part.

    A churner without an offer costs `miss`, every offer costs `offer`. `profits`
    is what a campaign earns per customer that reaches a share of all, at the
    prices of the MPC.
    """

    miss: float
    offer: float
    nobody: float
    everybody: float
    points: tuple[CostPoint, ...]
    best: CostPoint
    rule: CostPoint
    served: CostPoint
    empc: Profit
    mpc: Profit
    profits: tuple[Profit, ...]


def money(judged: Judged, miss: float = MISS, offer: float = OFFER) -> Money:
    """Return the cost curve; the rule is offer / miss, from no data at all."""
    points = tuple(_point(judged, float(cut), miss, offer) for cut in _THRESHOLDS)
    churned, said, weights = judged.churned, judged.probability, judged.weights
    return Money(
        miss=miss,
        offer=offer,
        nobody=miss * float(np.average(churned, weights=weights)),
        everybody=offer,
        points=points,
        best=min(points, key=lambda point: point.cost),
        rule=_point(judged, offer / miss, miss, offer),
        served=_point(judged, judged.predictor.threshold, miss, offer),
        empc=expected_maximum_profit(churned, said, weights=weights),
        mpc=maximum_profit(churned, said, weights=weights),
        profits=_thinned(profit_curve(churned, said, weights=weights)),
    )


def _thinned(curve: tuple[Profit, ...]) -> tuple[Profit, ...]:
    places = np.unique(np.linspace(0, len(curve) - 1, _PROFITS).astype(int))
    return tuple(curve[place] for place in places)


def _point(judged: Judged, threshold: float, miss: float, offer: float) -> CostPoint:
    reached = judged.probability >= threshold
    missed = ~reached & (judged.churned == 1)
    costs: Floats = offer * reached + miss * missed
    return CostPoint(
        threshold=threshold,
        cost=float(np.average(costs, weights=judged.weights)),
        offers=int(reached.sum()),
        missed=int(missed.sum()),
    )
