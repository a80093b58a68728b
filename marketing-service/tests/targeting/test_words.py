from collections.abc import Callable
from dataclasses import replace

from marketing_service.targeting.policies import PlanInputs, plan_customers
from marketing_service.targeting.spec import CampaignSpec
from marketing_service.targeting.words import plan_lines


def _text(spec: CampaignSpec, inputs: PlanInputs) -> str:
    return "\n".join(plan_lines(plan_customers(inputs, spec).summary))


def test_a_plan_in_words_names_money_promise_and_proof(
    customers: Callable[..., PlanInputs], limited: Callable[..., CampaignSpec]
) -> None:
    text = _text(limited(2_000, 300, share=0.3), customers())
    for part in (
        "get the offer",
        "budget EUR 2,000",
        "one more contact earns EUR",
        "assumed, not measured",
        "breaks even when",
        "smallest provable effect",
        "reasons: targeted",
    ):
        assert part in text


def test_the_price_of_the_budget_is_said_in_words(
    customers: Callable[..., PlanInputs], limited: Callable[..., CampaignSpec]
) -> None:
    assert "the next EUR of budget earns" in _text(limited(500), customers())


def test_a_plan_that_proves_nothing_warns(
    customers: Callable[..., PlanInputs], limited: Callable[..., CampaignSpec]
) -> None:
    text = _text(limited(500), customers())
    assert "cannot be shown" in text
    assert "warning: the planned effect" in text


def test_a_plan_without_control_or_limits_warns(
    customers: Callable[..., PlanInputs], limited: Callable[..., CampaignSpec]
) -> None:
    text = _text(limited(None, share=0.0), customers())
    assert "no budget" in text
    assert "warning: control.campaign_share is 0" in text
    assert "warning: limits has neither" in text
    assert "can show no effect at all" in text
    assert "smallest provable" not in text


def test_odd_windows_and_negative_minimums_warn(spec: CampaignSpec) -> None:
    odd = replace(
        spec,
        measure=replace(spec.measure, window_days=30),
        limits=replace(spec.limits, min_net_eur=-1.0),
    )
    warnings = " ".join(odd.warnings)
    assert "window_days is 30, the value horizon 360 days" in warnings
    assert "min_net_eur is negative" in warnings


def test_an_empty_plan_has_few_words(
    customers: Callable[..., PlanInputs], limited: Callable[..., CampaignSpec]
) -> None:
    text = _text(limited(0, policy="risk_threshold", threshold=1.0), customers(0))
    assert "0 of 0 customers chosen" in text
    assert "pays from" not in text
    assert "breaks even" not in text
