"""Add up a plan: what it costs, what it should earn, what it can prove."""

from dataclasses import dataclass

import numpy as np

from marketing_service.targeting.economics import Floats, break_even_probability, worst_cost
from marketing_service.targeting.plan import ARMS, REASONS, Codes, PlanSummary
from marketing_service.targeting.power import smallest_effect
from marketing_service.targeting.promise import promise_from_assumption
from marketing_service.targeting.selection import Selection
from marketing_service.targeting.terms import CampaignSpec


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The decisions of a plan, one entry per customer in canonical order.

    Attributes:
        arm: index into `ARMS`.
        reason: index into `REASONS`.
        eligible: how many customers could have been chosen.
        p0: churn probability when nobody writes; NaN when there is no score.
        value: value at risk; NaN when unknown.
        cost: expected cost of the offer; NaN when unknown.
        net: expected profit of the offer; NaN when unknown.
    """

    arm: Codes
    reason: Codes
    eligible: int
    p0: Floats
    value: Floats
    cost: Floats
    net: Floats


def summarise_plan(decisions: Decisions, selection: Selection, spec: CampaignSpec) -> PlanSummary:
    """Add up the decisions of a plan.

    Args:
        decisions: one decision per customer.
        selection: the prices and the bound behind them.
        spec: the campaign.

    Returns:
        The summary, with a warning for everything that deserves a second look.
    """
    treated = decisions.arm == ARMS.index("treated")
    selected = decisions.arm != ARMS.index("none")
    contacts, count = int(np.count_nonzero(treated)), int(np.count_nonzero(selected))
    spend = float(decisions.cost[treated].sum())
    base_rate = float(decisions.p0[selected].mean()) if count else None
    planned = None if base_rate is None else spec.offer.save_rate.mean * base_rate
    mde = _mde(count, base_rate, spec)
    return PlanSummary(
        policy=spec.policy,
        offer=spec.offer.id,
        currency=spec.currency,
        customers=decisions.arm.size,
        eligible=decisions.eligible,
        selected=count,
        contacts=contacts,
        controls=count - contacts,
        reasons=_reasons(decisions.reason),
        budget=spec.limits.budget_eur,
        expected_spend=spend,
        worst_case_spend=contacts * worst_cost(spec.offer),
        promise=promise_from_assumption(
            spec.offer,
            at_stake=float((decisions.p0 * decisions.value)[treated].sum()),
            cost=spend,
            seed_key=spec.seed_key,
        ),
        control_share=spec.control.campaign_share,
        base_rate=base_rate,
        planned_effect=planned,
        mde=mde,
        break_even_probability=_break_even(decisions, spec),
        budget_price=selection.budget_price,
        contact_price=selection.contact_price,
        bound=selection.bound,
        gap=selection.gap,
        warnings=spec.warnings + _warnings(count, planned, mde),
    )


def _reasons(reason: Codes) -> dict[str, int]:
    """Count the customers of every reason that occurs."""
    counts = np.bincount(reason, minlength=len(REASONS)).tolist()
    return {word: count for word, count in zip(REASONS, counts, strict=True) if count}


def _mde(count: int, base_rate: float | None, spec: CampaignSpec) -> float | None:
    """Find the smallest effect that the campaign's own interval can show.

    The interval of the report does not adjust for the churn score, so this does not
    promise what only an adjusted one could show.
    """
    if base_rate is None:
        return None
    return smallest_effect(
        count, base_rate, spec.control.campaign_share, confidence=spec.measure.confidence
    )


def _break_even(decisions: Decisions, spec: CampaignSpec) -> float | None:
    """Find the break-even probability of a customer of mean value."""
    known = decisions.value[~np.isnan(decisions.value)]
    return break_even_probability(spec.offer, float(known.mean())) if known.size else None


def _warnings(count: int, planned: float | None, mde: float | None) -> tuple[str, ...]:
    """Warn of a plan that is empty or proves nothing."""
    if count == 0:
        return ("nobody was chosen: see the reasons",)
    if mde is None:
        return ("a campaign of this size and control group can show no effect at all",)
    if planned is not None and planned < mde:
        warning = (
            f"the planned effect of {100 * planned:.1f} pp cannot be shown: the smallest "
            f"provable one is {100 * mde:.1f} pp (choose more customers or more control)"
        )
        return (warning,)
    return ()
