"""Plan a campaign: one decision and one reason for every customer.

Everything is computed in canonical order, which is drawn by lot from the customers'
ids. The rows may therefore come in any order and from any number of pages: the plan is
the same to the last bit.
"""

from dataclasses import replace

import numpy as np

from marketing_service.targeting.assign import draws, in_share
from marketing_service.targeting.economics import Floats, offer_economics
from marketing_service.targeting.plan import (
    ARMS,
    BLOCKS,
    REASON_TEXTS,
    REASONS,
    Codes,
    Mask,
    PlanInputs,
    PlanResult,
    PlanSummary,
    summary_from_json,
)
from marketing_service.targeting.selection import Candidates, Selection, code_of, select
from marketing_service.targeting.summary import Decisions, summarise_plan
from marketing_service.targeting.terms import CampaignSpec

__all__ = [
    "ARMS",
    "BLOCKS",
    "REASONS",
    "REASON_TEXTS",
    "PlanInputs",
    "PlanResult",
    "PlanSummary",
    "plan_customers",
    "summary_from_json",
]

_NONE, _TREATED, _CONTROL = range(3)


def plan_customers(inputs: PlanInputs, spec: CampaignSpec) -> PlanResult:
    """Decide who gets the offer, who is kept back, and why everybody else is left out.

    Args:
        inputs: what is known of the customers, in any order.
        spec: the campaign.

    Returns:
        One decision per customer in the order of the inputs, and the summary.

    Raises:
        ValueError: the inputs contradict themselves; the message says how.
    """
    _check(inputs)
    order = np.argsort(
        draws(inputs.customer_ids, seed_key=spec.seed_key, purpose="tie"), kind="stable"
    )
    decisions, selection = _decide(inputs, order, spec)
    summary = summarise_plan(decisions, selection, spec)
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    share = spec.control.campaign_share
    chances = np.array([1.0, 1 - share, share])
    return PlanResult(
        selected=decisions.arm[back] != _NONE,
        arm=decisions.arm[back],
        reason=decisions.reason[back],
        value=decisions.value[back],
        cost=decisions.cost[back],
        net=decisions.net[back],
        propensity=chances[decisions.arm[back]],
        summary=summary,
    )


def _check(inputs: PlanInputs) -> None:
    """Refuse inputs that do not fit together."""
    count = len(inputs.customer_ids)
    blocked = [""] * count if inputs.blocked is None else inputs.blocked
    if not inputs.p0.shape == inputs.monthly_value.shape == (count,) == (len(blocked),):
        msg = "customer_ids, p0, monthly_value and blocked must have one entry per customer"
        raise ValueError(msg)
    doubles = count - len(set(inputs.customer_ids))
    if doubles:
        msg = f"customer_ids must be unique ({doubles} entries repeat an earlier one)"
        raise ValueError(msg)
    with np.errstate(invalid="ignore"):
        bad_scores = np.count_nonzero((inputs.p0 < 0) | (inputs.p0 > 1))
        bad_values = np.count_nonzero((inputs.monthly_value < 0) | np.isinf(inputs.monthly_value))
    if bad_scores:
        msg = f"p0 must lie between 0 and 1 ({bad_scores} customers do not)"
        raise ValueError(msg)
    if bad_values:
        msg = f"monthly_value must be finite and not negative ({bad_values} customers are not so)"
        raise ValueError(msg)
    unknown = set(blocked) - set(BLOCKS) - {""}
    if unknown:
        msg = f"blocked must hold words of {BLOCKS} or empty text (got {sorted(unknown)})"
        raise ValueError(msg)


def _decide(
    inputs: PlanInputs, order: np.ndarray[tuple[int], np.dtype[np.intp]], spec: CampaignSpec
) -> tuple[Decisions, Selection]:
    """Decide in canonical order; return decisions and the selection behind them."""
    ids = [inputs.customer_ids[index] for index in order.tolist()]
    p0, monthly = inputs.p0[order], inputs.monthly_value[order]
    value, cost, net = offer_economics(p0, monthly, spec)
    reason = _exclusions(inputs, p0, monthly, order)
    rows = np.flatnonzero(reason == code_of("targeted"))
    selection = select(_candidates(p0[rows], value[rows], cost[rows], net[rows], spec), spec)
    drawn = draws([ids[row] for row in rows], seed_key=spec.seed_key, purpose="control")
    held_back = in_share(drawn, spec.control.campaign_share)
    selection = replace(selection, reason=_trim(selection, held_back, cost[rows], spec))
    chosen = selection.reason == code_of("targeted")
    arm = np.zeros(order.shape, dtype=np.int8)
    arm[rows] = np.where(chosen, np.where(held_back, _CONTROL, _TREATED), _NONE)
    reason[rows] = np.where(chosen & held_back, code_of("control"), selection.reason)
    decisions = Decisions(
        arm=arm, reason=reason, eligible=rows.size, p0=p0, value=value, cost=cost, net=net
    )
    return decisions, selection


def _exclusions(
    inputs: PlanInputs,
    p0: Floats,
    monthly: Floats,
    order: np.ndarray[tuple[int], np.dtype[np.intp]],
) -> Codes:
    """Name why customers cannot be chosen; the rest counts as targeted so far."""
    reason = np.full(order.shape, code_of("targeted"), dtype=np.int8)
    reason[np.isnan(monthly)] = code_of("no_value")
    reason[np.isnan(p0)] = code_of("no_score")
    if inputs.blocked is not None:
        codes = {word: code_of(word) for word in BLOCKS} | {"": -1}
        blocked = np.fromiter((codes[word] for word in inputs.blocked), dtype=np.int8)[order]
        reason = np.where(blocked >= 0, blocked, reason)
    return reason


def _candidates(
    p0: Floats, value: Floats, cost: Floats, net: Floats, spec: CampaignSpec
) -> Candidates:
    """Widen the limits by the customers that will be kept back and cost nothing."""
    treated = 1 - spec.control.campaign_share
    budget, contacts = spec.limits.budget_eur, spec.limits.max_contacts
    # 700 contacts / .7 must be 1,000 and not 999.999...
    rounding = 1e-9
    return Candidates(
        p0=p0,
        value=value,
        cost=cost,
        net=net,
        budget=None if budget is None else budget / treated,
        max_contacts=None if contacts is None else int(contacts / treated + rounding),
    )


def _trim(selection: Selection, held_back: Mask, cost: Floats, spec: CampaignSpec) -> Codes:
    """Mend limits that the lot has broken, from the least useful customer up.

    Both arms lose the same stretch of the ranking: dropping treated customers alone
    would make the arms unlike each other.
    """
    budget, contacts = spec.limits.budget_eur, spec.limits.max_contacts
    reason = selection.reason.copy()
    queue = selection.rank[reason[selection.rank] == code_of("targeted")]
    paid = ~held_back[queue]
    spent = np.cumsum(np.where(paid, cost[queue], 0.0))
    sent = np.cumsum(paid)
    if budget is not None:
        reason[queue[spent > budget]] = code_of("over_budget")
    if contacts is not None:
        reason[queue[sent > contacts]] = code_of("over_contacts")
    return reason
