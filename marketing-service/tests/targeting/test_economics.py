from dataclasses import replace

import numpy as np
import pytest

from marketing_service.targeting.economics import (
    break_even_probability,
    expected_cost,
    offer_economics,
    value_at_risk,
    value_factor,
    worst_cost,
)
from marketing_service.targeting.spec import CampaignSpec, Offer
from marketing_service.targeting.terms import SaveRate, ValueSpec


def _offer(**changes: float) -> Offer:
    base = Offer(
        id="a",
        channel="email",
        contact_eur=1,
        incentive_eur=10,
        save_rate=SaveRate(),
        accept_stayer=1,
        accept_leaver=0.3,
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # numbers by name


def test_a_year_at_ten_percent_is_worth_the_published_months() -> None:
    value = ValueSpec(margin_rate=1, monthly_column="m")
    assert value_factor(value, 12) == pytest.approx(11.4005, abs=5e-5)


def test_without_discount_every_month_counts_in_full() -> None:
    value = ValueSpec(margin_rate=0.5, monthly_column="m", discount_rate_per_year=0)
    amounts = value_at_risk(np.array([10.0, np.nan]), value, 12)
    assert amounts[0] == 60
    assert np.isnan(amounts[1])


def test_break_even_of_the_published_defaults() -> None:
    # EMPC's convention ties a leaver's redemption to the save rate of .3.
    assert break_even_probability(_offer(), 200) == pytest.approx(11 / 67)


def test_break_even_is_where_the_expected_profit_is_zero(spec: CampaignSpec) -> None:
    value = np.array([300.0])
    found = break_even_probability(spec.offer, 300)
    assert found is not None
    cost = expected_cost(np.array([found]), spec.offer)
    assert spec.offer.save_rate.mean * found * value == pytest.approx(cost)


@pytest.mark.parametrize("value", [0, 5, 12])
def test_an_offer_dearer_than_the_customer_never_pays(value: float) -> None:
    assert break_even_probability(_offer(), value) is None


def test_costs_follow_redemption() -> None:
    cost = expected_cost(np.array([0.0, 1.0, 0.5]), _offer(accept_stayer=0.2))
    assert cost.tolist() == pytest.approx([3, 4, 3.5])
    assert worst_cost(_offer()) == 11


def test_profit_is_saved_value_minus_cost(spec: CampaignSpec) -> None:
    value, cost, net = offer_economics(np.array([0.5]), np.array([100.0]), spec)
    assert value[0] == pytest.approx(456.02, abs=0.01)
    assert cost[0] == pytest.approx(0.02 + 15 * 0.35)
    assert net[0] == pytest.approx(0.2 * 0.5 * value[0] - cost[0])
