"""Put money on a customer: value at risk, cost of an offer, expected profit."""

import numpy as np
from numpy.typing import NDArray

from marketing_service.targeting.terms import CampaignSpec, Offer, ValueSpec

Floats = NDArray[np.float64]

MONTHS_PER_YEAR = 12


def value_factor(value: ValueSpec, horizon_months: int) -> float:
    """Count the discounted months that a saved customer pays within the horizon.

    Args:
        value: margin, yearly discount rate and monthly survival.
        horizon_months: how far the campaign looks ahead.

    Returns:
        Months of margin at today's worth, at most `horizon_months`.
    """
    monthly_discount = (1 + value.discount_rate_per_year) ** (-1 / MONTHS_PER_YEAR)
    ratio = value.monthly_survival * monthly_discount
    if ratio == 1.0:
        return float(horizon_months)
    return float(ratio * (1 - ratio**horizon_months) / (1 - ratio))


def value_at_risk(monthly_value: Floats, value: ValueSpec, horizon_months: int) -> Floats:
    """Value what is lost when each customer leaves today, in money of the campaign.

    Args:
        monthly_value: what the customer pays a month; NaN when unknown.
        value: margin, yearly discount rate and monthly survival.
        horizon_months: how far the campaign looks ahead.

    Returns:
        One amount per customer; NaN stays NaN.
    """
    return monthly_value * (value.margin_rate * value_factor(value, horizon_months))


def expected_cost(churn_probability: Floats, offer: Offer) -> Floats:
    """Expect what one offer costs: the contact and the incentive when redeemed.

    Args:
        churn_probability: chance to leave when nobody writes.
        offer: prices, and how likely leavers and stayers redeem.

    Returns:
        One amount per customer.
    """
    leaver = offer.accept_leaver * churn_probability
    stayer = offer.accept_stayer * (1 - churn_probability)
    return offer.contact_eur + (leaver + stayer) * offer.incentive_eur


def worst_cost(offer: Offer) -> float:
    """Name what one offer costs when it is redeemed for certain."""
    return offer.contact_eur + offer.incentive_eur


def saved_value(churn_probability: Floats, value: Floats, offer: Offer) -> Floats:
    """Expect what an offer keeps: value at risk times the churn that it removes.

    Args:
        churn_probability: chance to leave when nobody writes.
        value: value at risk per customer.
        offer: the offer; its save rate is an assumption until it was measured.

    Returns:
        One amount per customer, before any cost.
    """
    return offer.save_rate.mean * churn_probability * value


def break_even_probability(offer: Offer, value: float) -> float | None:
    """Find the churn probability from which an offer pays for itself.

    Args:
        offer: prices, save rate and redemption.
        value: value at risk of the customer.

    Returns:
        A probability, or None when the offer never pays for such a customer.
    """
    fixed = offer.contact_eur + offer.accept_stayer * offer.incentive_eur
    slope = (
        offer.save_rate.mean * value
        - (offer.accept_leaver - offer.accept_stayer) * offer.incentive_eur
    )
    if slope <= 0 or fixed > slope:
        return None
    return fixed / slope


def offer_economics(
    churn_probability: Floats, monthly_value: Floats, spec: CampaignSpec
) -> tuple[Floats, Floats, Floats]:
    """Compute value at risk, expected cost and expected profit of the offer.

    Args:
        churn_probability: chance to leave when nobody writes; NaN when unknown.
        monthly_value: what the customer pays a month; NaN when unknown.
        spec: the campaign.

    Returns:
        Three amounts per customer: value at risk, cost, profit.
    """
    value = value_at_risk(monthly_value, spec.value, spec.horizon_months)
    cost = expected_cost(churn_probability, spec.offer)
    return value, cost, saved_value(churn_probability, value, spec.offer) - cost
