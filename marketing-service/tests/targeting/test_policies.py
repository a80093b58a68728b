from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing_service.targeting.policies import (
    ARMS,
    REASON_TEXTS,
    PlanInputs,
    PlanResult,
    plan_customers,
    summary_from_json,
)
from marketing_service.targeting.spec import CampaignSpec, parse_campaign

Customers = Callable[..., PlanInputs]
Limited = Callable[..., CampaignSpec]


def _shuffled(inputs: PlanInputs, order: np.ndarray[Any, Any]) -> PlanInputs:
    return PlanInputs(
        customer_ids=[inputs.customer_ids[index] for index in order],
        p0=inputs.p0[order],
        monthly_value=inputs.monthly_value[order],
    )


def _rows(result: PlanResult, inputs: PlanInputs) -> dict[str, tuple[Any, ...]]:
    columns = (result.arm_words(), result.reason_words(), result.net, result.propensity)
    return dict(zip(inputs.customer_ids, zip(*columns, strict=True), strict=True))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
@pytest.mark.parametrize("policy", ["expected_profit", "risk_threshold", "random"])
def test_a_plan_does_not_depend_on_the_order_of_the_rows(policy: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = PlanInputs(
        customer_ids=[f"c{number}" for number in range(300)],
        p0=rng.choice([0.1, 0.4, 0.8, np.nan], 300),
        monthly_value=rng.choice([20.0, 70.0, np.nan], 300),
    )
    spec = parse_campaign({
        "name": "a",
        "policy": policy,
        "value": {"margin_rate": 0.4, "monthly_column": "m"},
        "limits": {"budget_eur": 300, "max_contacts": 60},
        "control": {"campaign_share": 0.3},
        "contact": {"require_consent": False},
        "offers": [{"id": "o", "contact_eur": 0.1, "incentive_eur": 9}],
        "message": {"subject": "a", "text": "b", "from": "a@example.com"},
    })
    other = _shuffled(inputs, rng.permutation(300))
    one, two = plan_customers(inputs, spec), plan_customers(other, spec)
    assert str(_rows(one, inputs)) == str({
        key: _rows(two, other)[key] for key in _rows(one, inputs)
    })
    assert one.summary == two.summary


@given(
    budget=st.floats(0, 5_000),
    share=st.sampled_from([0.0, 0.1, 0.5]),
    contacts=st.integers(0, 500),
    seed=st.integers(0, 100),
)
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("policy", ["expected_profit", "risk_threshold", "random"])
def test_no_policy_ever_breaks_a_limit(
    policy: str, budget: float, share: float, contacts: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    inputs = PlanInputs(
        customer_ids=[f"c{number}" for number in range(400)],
        p0=rng.beta(1, 2, 400),
        monthly_value=rng.uniform(10, 100, 400),
    )
    spec = parse_campaign({
        "name": f"s{seed}",
        "policy": policy,
        "value": {"margin_rate": 0.4, "monthly_column": "m"},
        "limits": {"budget_eur": budget, "max_contacts": contacts},
        "control": {"campaign_share": share},
        "contact": {"require_consent": False},
        "offers": [{"id": "o", "contact_eur": 0.1, "incentive_eur": 9}],
        "message": {"subject": "a", "text": "b", "from": "a@example.com"},
    })
    result = plan_customers(inputs, spec)
    treated = result.arm == ARMS.index("treated")
    assert result.cost[treated].sum() <= budget * (1 + 1e-12)
    assert treated.sum() <= contacts
    assert result.summary.expected_spend <= result.summary.worst_case_spend + 1e-9
    assert result.summary.contacts + result.summary.controls == result.selected.sum()
    assert sum(result.summary.reasons.values()) == 400


def test_more_budget_never_means_less_profit(customers: Customers, limited: Limited) -> None:
    budgets = np.linspace(0, 3_000, 25)
    plans = [plan_customers(customers(), limited(budget, share=0.0)) for budget in budgets]
    values = [plan.summary.promise.expected_profit for plan in plans]
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(values))


def test_control_is_a_share_of_the_selected(customers: Customers, limited: Limited) -> None:
    summary = plan_customers(customers(20_000), limited(30_000, share=0.3)).summary
    share = summary.controls / summary.selected
    assert abs(share - 0.3) < 4 * (0.21 / summary.selected) ** 0.5


def test_the_budget_is_widened_by_the_controls_that_cost_nothing(
    customers: Customers, limited: Limited
) -> None:
    summary = plan_customers(customers(20_000), limited(10_000, share=0.5)).summary
    assert 9_500 < summary.expected_spend <= 10_000


def test_propensities_are_the_chances_of_the_arms(customers: Customers, limited: Limited) -> None:
    result = plan_customers(customers(), limited(500, share=0.2))
    chances = dict(zip(result.arm_words(), result.propensity.tolist(), strict=True))
    assert chances == {"none": 1.0, "treated": 0.8, "control": 0.2}


def test_another_seed_key_keeps_others_back(customers: Customers, limited: Limited) -> None:
    one, two = (plan_customers(customers(), limited(500, seed_key=key)).arm for key in ("a", "b"))
    assert (one != two).any()


def test_every_customer_has_the_reason_that_applies(limited: Limited) -> None:
    inputs = PlanInputs(
        customer_ids=["good", "worse", "safe", "unscored", "worthless", "suppressed"],
        p0=np.array([0.9, 0.5, 0.001, np.nan, 0.5, np.nan]),
        monthly_value=np.array([100.0, 50.0, 50.0, 50.0, np.nan, 50.0]),
        blocked=["", "", "", "", "", "suppressed"],
    )
    result = plan_customers(inputs, limited(8.0, share=0.0))
    assert result.reason_words() == [
        "targeted",
        "over_budget",
        "below_min_net",
        "no_score",
        "no_value",
        "suppressed",
    ]
    assert result.summary.eligible == 3
    assert set(result.summary.reasons) <= set(REASON_TEXTS)


def test_customers_beyond_the_contacts_say_so(customers: Customers, limited: Limited) -> None:
    result = plan_customers(customers(100), limited(None, 5, share=0.0))
    assert result.summary.contacts == 5
    assert result.summary.contact_price
    assert "over_contacts" in result.summary.reasons
    assert "over_budget" not in result.summary.reasons


def test_a_minimum_profit_leaves_small_gains_out(spec: CampaignSpec, customers: Customers) -> None:
    picky = replace(spec, limits=replace(spec.limits, budget_eur=None, min_net_eur=20.0))
    result = plan_customers(customers(), picky)
    assert result.net[result.selected].min() >= 20
    assert (result.net[~result.selected] < 20).all()


def test_a_threshold_takes_exactly_the_risky(customers: Customers, limited: Limited) -> None:
    spec = limited(None, share=0.0, policy="risk_threshold", threshold=0.6)
    inputs = customers()
    assert (plan_customers(inputs, spec).selected == (inputs.p0 >= 0.6)).all()


def test_without_a_threshold_break_even_decides(customers: Customers, limited: Limited) -> None:
    result = plan_customers(customers(), limited(None, share=0.0, policy="risk_threshold"))
    inputs, point = customers(), result.summary.break_even_probability
    assert point is not None
    assert (result.selected == (inputs.p0 >= point)).all()


def test_an_offer_that_never_pays_reaches_nobody_by_risk(limited: Limited) -> None:
    spec = limited(None, policy="risk_threshold")
    inputs = PlanInputs(customer_ids=["a"], p0=np.array([0.9]), monthly_value=np.array([0.01]))
    assert plan_customers(inputs, spec).summary.selected == 0


def test_chance_picks_regardless_of_risk(customers: Customers, limited: Limited) -> None:
    inputs = customers(20_000)
    result = plan_customers(inputs, limited(None, 5_000, share=0.0, policy="random"))
    assert result.summary.contacts == 5_000
    assert abs(inputs.p0[result.selected].mean() - inputs.p0.mean()) < 0.01
    assert result.summary.gap is None


def test_profit_beats_risk_and_chance(customers: Customers, limited: Limited) -> None:
    profits = [
        plan_customers(customers(), limited(500, share=0.0, policy=policy)).summary.promise
        for policy in ("expected_profit", "risk_threshold", "random")
    ]
    assert profits[0].expected_profit > max(profits[1].expected_profit, profits[2].expected_profit)


@pytest.mark.parametrize("policy", ["expected_profit", "risk_threshold", "random"])
def test_a_plan_for_nobody_is_empty_and_warns(policy: str, limited: Limited) -> None:
    inputs = PlanInputs(customer_ids=[], p0=np.array([]), monthly_value=np.array([]))
    summary = plan_customers(inputs, limited(100, policy=policy)).summary
    assert (summary.customers, summary.selected, summary.expected_spend) == (0, 0, 0)
    assert summary.mde is None
    assert "nobody was chosen" in summary.warnings[-1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p0": np.array([0.5])}, "one entry per customer"),
        ({"blocked": ["", "", ""]}, "one entry per customer"),
        ({"customer_ids": ["a", "a"]}, "1 entries repeat"),
        ({"p0": np.array([0.5, 1.5])}, "p0 must lie between 0 and 1"),
        ({"monthly_value": np.array([-1.0, 5.0])}, r"not negative \(1 customers"),
        ({"monthly_value": np.array([np.inf, 5.0])}, "finite"),
        ({"blocked": ["", "lazy"]}, r"\['lazy'\]"),
    ],
)
def test_contradicting_inputs_are_refused(
    change: dict[str, Any], message: str, spec: CampaignSpec
) -> None:
    inputs = PlanInputs(
        customer_ids=["a", "b"], p0=np.array([0.5, 0.5]), monthly_value=np.array([1.0, 1.0])
    )
    with pytest.raises(ValueError, match=message):
        plan_customers(replace(inputs, **change), spec)


def test_a_summary_reads_back_from_its_json(customers: Customers, spec: CampaignSpec) -> None:
    summary = plan_customers(customers(), spec).summary
    assert summary_from_json(summary.to_json()) == summary
