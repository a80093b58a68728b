"""What goes into a plan and what comes out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketing_service.targeting.economics import Floats
from marketing_service.targeting.promise import Promise

Mask = NDArray[np.bool_]
Codes = NDArray[np.int8]

ARMS = ("none", "treated", "control")
"""Words of `PlanResult.arm`."""

REASON_TEXTS: Mapping[str, str] = {
    "targeted": "The offer should earn more than it costs, and the limits allow it.",
    "control": "Chosen, then kept back by lot so that the effect can be measured.",
    "over_budget": "The offer should pay, but the budget earns more with other customers.",
    "over_contacts": "The offer should pay, but other customers fill the allowed contacts.",
    "below_min_net": "The policy expects less of this customer than the offer costs.",
    "not_in_audience": "The customer does not belong to the campaign's audience.",
    "ineligible": "The offer is not open to this customer.",
    "suppressed": "The customer must not be written to.",
    "no_consent": "The customer has not agreed to be written to.",
    "contact_cap": "The customer was written to too often of late.",
    "no_address": "There is no address to write to.",
    "invalid_record": "The customer's record does not fit the schema of the model.",
    "no_score": "The churn-service gave no score for this customer.",
    "no_value": "The customer's monthly value is not known.",
}
"""Every reason that a plan gives, with a sentence for people."""

REASONS = tuple(REASON_TEXTS)
"""Words of `PlanResult.reason`."""

BLOCKS = (
    "not_in_audience",
    "ineligible",
    "suppressed",
    "no_consent",
    "contact_cap",
    "no_address",
    "invalid_record",
)
"""Reasons that the caller may give to keep a customer out."""


@dataclass(frozen=True, kw_only=True)
class PlanInputs:
    """Everything that is known of the customers, one entry per customer.

    Attributes:
        customer_ids: external ids, unique.
        p0: churn probability when nobody writes; NaN when there is no score.
        monthly_value: what the customer pays a month; NaN when unknown.
        blocked: a word of `BLOCKS` for who must stay out, else an empty text.
    """

    customer_ids: Sequence[str]
    p0: Floats
    monthly_value: Floats
    blocked: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class PlanSummary:
    """What a plan comes to, in money of the campaign and in probabilities.

    Attributes:
        policy: how customers were chosen.
        offer: id of the offer.
        currency: of every amount.
        customers: all that were looked at.
        eligible: those that could have been chosen.
        selected: treated and control customers.
        contacts: treated customers.
        controls: customers kept back.
        reasons: customers per reason.
        budget: most expected spend; None is no limit.
        expected_spend: expected cost of the treated customers.
        worst_case_spend: their cost when every offer is redeemed.
        promise: what the treated customers should earn.
        control_share: share of the selected that is kept back.
        base_rate: mean churn probability of the selected.
        planned_effect: mean churn reduction that is assumed for them.
        mde: smallest churn reduction that the campaign can show, at 80 % power.
        break_even_probability: churn probability from which the offer pays for a
            customer of mean value.
        budget_price: profit that the next unit of budget earns.
        contact_price: profit that one more contact earns.
        bound: profit of treated and control customers that no choice can exceed.
        gap: share of the bound that the choice may miss at most.
        warnings: one sentence each.
    """

    policy: str
    offer: str
    currency: str
    customers: int
    eligible: int
    selected: int
    contacts: int
    controls: int
    reasons: Mapping[str, int]
    budget: float | None
    expected_spend: float
    worst_case_spend: float
    promise: Promise
    control_share: float
    base_rate: float | None
    planned_effect: float | None
    mde: float | None
    break_even_probability: float | None
    budget_price: float | None
    contact_price: float | None
    bound: float | None
    gap: float | None
    warnings: tuple[str, ...]

    @property
    def can_be_shown(self) -> bool:
        """Whether the campaign is large enough to show its planned effect."""
        return (
            self.mde is not None
            and self.planned_effect is not None
            and self.planned_effect >= self.mde
        )

    def to_json(self) -> dict[str, Any]:
        """Write the summary as a JSON-ready object."""
        document = dict(vars(self))
        document["reasons"] = dict(self.reasons)
        document["promise"] = dict(vars(self.promise))
        document["warnings"] = list(self.warnings)
        document["can_be_shown"] = self.can_be_shown
        return document


def summary_from_json(document: Mapping[str, Any]) -> PlanSummary:
    """Read a summary back from what `PlanSummary.to_json` wrote.

    Args:
        document: the object; members that are not known are left aside.

    Returns:
        The summary.
    """
    values = {field.name: document[field.name] for field in fields(PlanSummary)}
    values["promise"] = Promise(**document["promise"])
    values["warnings"] = tuple(document["warnings"])
    return PlanSummary(**values)


@dataclass(frozen=True, kw_only=True)
class PlanResult:
    """The decision for every customer, in the order of the inputs.

    Attributes:
        selected: treated or control.
        arm: index into `ARMS`.
        reason: index into `REASONS`.
        value: value at risk; NaN when unknown.
        cost: expected cost of the offer; NaN when unknown.
        net: expected profit of the offer; NaN when unknown.
        propensity: chance that the customer got the treatment that it got.
        summary: what it comes to.
    """

    selected: Mask
    arm: Codes
    reason: Codes
    value: Floats
    cost: Floats
    net: Floats
    propensity: Floats
    summary: PlanSummary

    def arm_words(self) -> list[str]:
        """Give the arm of every customer as a word."""
        return [ARMS[code] for code in self.arm.tolist()]

    def reason_words(self) -> list[str]:
        """Give the reason of every customer as a word."""
        return [REASONS[code] for code in self.reason.tolist()]
