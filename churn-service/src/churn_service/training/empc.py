"""What a ranking is worth in money: MPC and its expectation, EMPC.

Verbraken, Verbeke and Baesens, IEEE TKDE 25(5), 2013: the profit per customer
of making an offer to the best share of all. A churner takes it and stays with
probability gamma ~ Beta(alpha, beta); a stayer takes it always.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc  # type: ignore[import-untyped]  # ships no types

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
_ROUNDS = 16


@dataclass(frozen=True)
class Economics:
    """What an offer costs and brings, in units of money per customer.

    Attributes:
        value: Worth of a customer who stays.
        incentive: Cost of the offer when it is taken.
        contact: Cost of making it.
        alpha: First parameter of the Beta law of the acceptance gamma.
        beta: Second parameter of it; the mean is alpha / (alpha + beta).
        acceptance: The fixed gamma of the MPC.
    """

    value: float = 200.0
    incentive: float = 10.0
    contact: float = 1.0
    alpha: float = 6.0
    beta: float = 14.0
    acceptance: float = 0.3


@dataclass(frozen=True)
class Profit:
    """A profit per customer of the table, and the share who get the offer."""

    per_customer: float
    share: float


def expected_maximum_profit(
    churned: Labels,
    probability: Floats,
    economics: Economics | None = None,
    weights: Floats | None = None,
) -> Profit:
    """Return the EMPC and the expected best share of customers to reach.

    Equal scores are one group, so the order of the rows is of no matter.
    `weights` says how many customers each row stands for; None means one each.
    """
    money = economics or Economics()
    stayers, leavers, base = _roc_points(churned, probability, weights)
    hull = _upper_hull(stayers, leavers)
    stayers, leavers = stayers[hull], leavers[hull]
    borders = _indifferent_acceptance(stayers, leavers, base, money)
    reached = np.diff(betainc(money.alpha, money.beta, borders))
    mean = money.alpha / (money.alpha + money.beta)
    gained = mean * np.diff(betainc(money.alpha + 1, money.beta, borders))
    incentive, contact = money.incentive / money.value, money.contact / money.value
    won = ((1 - incentive) * gained - contact * reached) * base * leavers
    spent = (incentive + contact) * (1 - base) * stayers * reached
    share = reached * (base * leavers + (1 - base) * stayers)
    return Profit(float(money.value * (won - spent).sum()), float(share.sum()))


def maximum_profit(
    churned: Labels,
    probability: Floats,
    economics: Economics | None = None,
    weights: Floats | None = None,
) -> Profit:
    """Return the MPC, the profit at the best threshold with a fixed acceptance."""
    curve = profit_curve(churned, probability, economics, weights)
    return max(curve, key=lambda point: point.per_customer)


def profit_curve(
    churned: Labels,
    probability: Floats,
    economics: Economics | None = None,
    weights: Floats | None = None,
) -> tuple[Profit, ...]:
    """Return the profit at every threshold with a fixed acceptance, from nobody to all."""
    money = economics or Economics()
    stayers, leavers, base = _roc_points(churned, probability, weights)
    incentive, contact = money.incentive / money.value, money.contact / money.value
    per_leaver = money.acceptance * (1 - incentive) - contact
    profits = money.value * (
        per_leaver * base * leavers - (incentive + contact) * (1 - base) * stayers
    )
    shares = base * leavers + (1 - base) * stayers
    return tuple(map(Profit, profits.tolist(), shares.tolist()))


def _roc_points(
    churned: Labels, probability: Floats, weights: Floats | None
) -> tuple[Floats, Floats, float]:
    """Return shares of stayers and of leavers reached per group, and the churn rate."""
    given = np.ones(len(churned)) if weights is None else weights
    order = np.argsort(-probability, kind="stable")
    scores, left = probability[order], given[order] * churned[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    leavers = np.cumsum(left)[ends]
    stayers = np.cumsum(given[order] - left)[ends]
    base = float(leavers[-1] / (leavers[-1] + stayers[-1]))
    return (
        np.concatenate([[0.0], stayers / stayers[-1]]),
        np.concatenate([[0.0], leavers / leavers[-1]]),
        base,
    )


def _upper_hull(across: Floats, up: Floats) -> list[int]:
    """Return the places of the points on the upper convex hull, left to right."""
    hull: list[int] = []
    for place in _bulging(across, up).tolist():
        while len(hull) >= 2 and _turns_left(across, up, hull, (across[place], up[place])):
            hull.pop()
        hull.append(place)
    return hull


def _bulging(across: Floats, up: Floats) -> NDArray[np.intp]:
    """Return the places that stay when points below their neighbours' chord go, and go again.

    No corner of the hull lies below a chord, so the loop over the rest finds
    the same hull; of a million points a few hundred are left for it.
    """
    places = np.arange(len(across))
    for _ in range(_ROUNDS):
        run, rise = np.diff(across[places]), np.diff(up[places])
        kept = np.ones(len(places), dtype=bool)
        kept[1:-1] = run[:-1] * rise[1:] < rise[:-1] * run[1:]
        places = places[kept]
    return places


def _turns_left(across: Floats, up: Floats, hull: list[int], point: tuple[float, float]) -> bool:
    first, second = hull[-2], hull[-1]
    run, rise = across[second] - across[first], up[second] - up[first]
    return bool(run * (point[1] - up[first]) >= rise * (point[0] - across[first]))


def _indifferent_acceptance(
    stayers: Floats, leavers: Floats, base: float, money: Economics
) -> Floats:
    """Return the gamma at which each step along the hull breaks even, ends included."""
    more_stayers, more_leavers = np.diff(stayers), np.diff(leavers)
    incentive, contact = money.incentive / money.value, money.contact / money.value
    cost = (incentive + contact) * (1 - base) * more_stayers + contact * base * more_leavers
    gain = base * (1 - incentive) * more_leavers
    steps = np.divide(cost, gain, out=np.ones_like(cost), where=gain > 0)
    return np.concatenate([[0.0], np.minimum(1.0, steps), [1.0]])
