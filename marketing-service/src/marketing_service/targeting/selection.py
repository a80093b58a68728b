"""Choose customers under the limits, one function per policy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from marketing_service.targeting.allocate import allocate
from marketing_service.targeting.economics import Floats, break_even_probability
from marketing_service.targeting.plan import REASONS, Codes, Mask
from marketing_service.targeting.terms import CampaignSpec


def code_of(reason: str) -> int:
    """Give the number that stands for a reason in a plan's arrays."""
    return REASONS.index(reason)


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The customers that may be chosen, in canonical order.

    Attributes:
        p0: churn probability when nobody writes.
        value: value at risk.
        cost: expected cost of the offer.
        net: expected profit of the offer.
        budget: most expected cost of all chosen customers; None is no limit.
        max_contacts: most chosen customers; None is no limit.
    """

    p0: Floats
    value: Floats
    cost: Floats
    net: Floats
    budget: float | None
    max_contacts: int | None


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Who was chosen, who was not and why, and how good the choice is.

    Attributes:
        reason: index into `REASONS` per candidate; `targeted` for the chosen.
        rank: candidates from the first to the last that should be chosen; limits
            that chance has broken are mended from its end.
        budget_price: profit that the next unit of budget earns; None when the policy
            does not ask.
        contact_price: profit that one more contact earns; None likewise.
        bound: profit that no choice can exceed; None likewise.
        gap: share of the bound that the choice may miss; None likewise.
    """

    reason: Codes
    rank: np.ndarray[tuple[int], np.dtype[np.intp]]
    budget_price: float | None = None
    contact_price: float | None = None
    bound: float | None = None
    gap: float | None = None


def select(candidates: Candidates, spec: CampaignSpec) -> Selection:
    """Choose by the policy of the campaign.

    Args:
        candidates: who may be chosen, under limits that count controls too.
        spec: the campaign.

    Returns:
        One decision per candidate.
    """
    policies: dict[str, Callable[[Candidates, CampaignSpec], Selection]] = {
        "expected_profit": _by_expected_profit,
        "risk_threshold": _by_risk,
        "random": _at_random,
    }
    return policies[spec.policy](candidates, spec)


def _by_expected_profit(candidates: Candidates, spec: CampaignSpec) -> Selection:
    """Take the customers with the largest total expected profit."""
    worth = (candidates.net > 0) & (candidates.net >= spec.limits.min_net_eur)
    net, cost = candidates.net[worth], candidates.cost[worth]
    found = allocate(net, cost, budget=candidates.budget, max_contacts=candidates.max_contacts)
    too_dear = net - found.budget_price * cost <= 0
    reason = np.full(candidates.net.shape, code_of("below_min_net"), dtype=np.int8)
    missed = np.where(too_dear, code_of("over_budget"), code_of("over_contacts"))
    reason[worth] = np.where(found.chosen, code_of("targeted"), missed)
    surplus = candidates.net - found.budget_price * candidates.cost
    return Selection(
        reason=reason,
        rank=np.argsort(-surplus, kind="stable"),
        budget_price=found.budget_price,
        contact_price=found.contact_price,
        bound=found.bound,
        gap=found.gap,
    )


def _by_risk(candidates: Candidates, spec: CampaignSpec) -> Selection:
    """Take the riskiest customers above a threshold."""
    threshold = spec.threshold
    if threshold is None:
        value = float(candidates.value.mean()) if candidates.value.size else 0.0
        found = break_even_probability(spec.offer, value)
        threshold = 1.0 if found is None else found
    worth = candidates.p0 >= threshold
    return _in_order(candidates, np.argsort(-candidates.p0, kind="stable"), worth)


def _at_random(candidates: Candidates, spec: CampaignSpec) -> Selection:
    """Take customers by lot: the canonical order is one."""
    del spec
    everybody = np.ones(candidates.p0.shape, dtype=np.bool_)
    return _in_order(candidates, np.arange(candidates.p0.size), everybody)


def _in_order(
    candidates: Candidates, rank: np.ndarray[tuple[int], np.dtype[np.intp]], worth: Mask
) -> Selection:
    """Take customers in an order until a limit is reached."""
    queue = rank[worth[rank]]
    spent = np.cumsum(candidates.cost[queue])
    budget = np.inf if candidates.budget is None else candidates.budget
    contacts = queue.size if candidates.max_contacts is None else candidates.max_contacts
    affordable = spent <= budget
    allowed = np.arange(queue.size) < contacts
    reason = np.full(candidates.p0.shape, code_of("below_min_net"), dtype=np.int8)
    reason[queue] = np.where(
        affordable,
        np.where(allowed, code_of("targeted"), code_of("over_contacts")),
        code_of("over_budget"),
    )
    return Selection(reason=reason, rank=rank)
