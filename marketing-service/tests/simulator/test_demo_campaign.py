"""The demo must be able to show what it promises."""

import csv
from dataclasses import asdict

import numpy as np
import pytest

from churn_contract.schema import canonical_name
from marketing_service.message.compose import check_message
from marketing_service.report import ArmCounts, CampaignFacts, Report, summarise
from marketing_service.simulator import SampleFiles, demo_campaign_toml, outcomes_for
from marketing_service.targeting.policies import PlanInputs, PlanResult, plan_customers
from marketing_service.targeting.power import power_of
from marketing_service.targeting.spec import CampaignSpec, parse_campaign_toml, spec_to_json

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def spec() -> CampaignSpec:
    return parse_campaign_toml(demo_campaign_toml())


@pytest.fixture(scope="module")
def truth(sample: SampleFiles) -> dict[str, dict[str, str]]:
    with sample.truth.open(encoding="utf-8", newline="") as source:
        return {row["customerID"]: row for row in csv.DictReader(source)}


@pytest.fixture(scope="module")
def plan(sample: SampleFiles, truth: dict[str, dict[str, str]], spec: CampaignSpec) -> PlanResult:
    """The plan of a good model: the true logits with some noise."""
    p0 = np.array([float(row["p0"]) for row in truth.values()])
    noise = np.random.default_rng(0).normal(0, 0.25, p0.size)
    scores = 1 / (1 + np.exp(-(np.log(p0 / (1 - p0)) + noise)))
    with sample.customers.open(encoding="utf-8", newline="") as source:
        rows = [
            {canonical_name(name): text for name, text in row.items()}
            for row in csv.DictReader(source)
        ]
    monthly = np.array([float(row[spec.value.monthly_column]) for row in rows])
    return plan_customers(
        PlanInputs(customer_ids=list(truth), p0=scores, monthly_value=monthly), spec
    )


def _effects(truth: dict[str, dict[str, str]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([float(row["p0"]) - float(row["p1_support"]) for row in truth.values()])


def _report(
    sample: SampleFiles,
    truth: dict[str, dict[str, str]],
    plan: PlanResult,
    spec: CampaignSpec,
) -> Report:
    rows = [
        {"customer_id": customer, "arm": arm}
        for customer, arm in zip(truth, plan.arm_words(), strict=True)
    ]
    arms = {row["customer_id"]: row["arm"] for row in rows}
    found = list(
        outcomes_for(
            rows, sample.truth, "support", campaign="demo", occurred_at="2027-01-01T00:00:00Z"
        )
    )
    counts = {
        (arm, kind): sum(
            outcome["kind"] == kind and arms[str(outcome["customer_id"])] == arm
            for outcome in found
        )
        for arm in ("treated", "control")
        for kind in ("churned", "stayed")
    }
    treated, control = (
        ArmCounts(sum(numbers), *numbers)
        for numbers in (
            (counts[arm, "churned"], counts[arm, "stayed"]) for arm in ("treated", "control")
        )
    )
    return summarise(
        CampaignFacts(
            campaign="demo",
            status="finished",
            as_of_ms=spec.measure.window_days * DAY_MS,
            launched_at_ms=0,
            window_days=spec.measure.window_days,
            confidence=spec.measure.confidence,
            control_share=spec.control.campaign_share,
            treated=treated,
            control=control,
            states={},
            plan=plan.summary,
        )
    )


def test_the_demo_file_warns_of_nothing_and_its_message_renders(spec: CampaignSpec) -> None:
    assert spec.warnings == ()
    assert (spec.control.campaign_share, spec.send.max_per_second) == (0.3, 500)
    check_message(spec_to_json(spec)["message"])  # type: ignore[arg-type]  # a JSON object


def test_about_two_thousand_of_seven_thousand_are_chosen(plan: PlanResult) -> None:
    assert 1_900 <= plan.summary.selected <= 2_100
    assert plan.summary.can_be_shown
    assert plan.summary.warnings == ()


def test_the_true_effect_is_well_above_what_can_be_shown(
    plan: PlanResult, truth: dict[str, dict[str, str]], spec: CampaignSpec
) -> None:
    true_effect = float(_effects(truth)[plan.selected].mean())
    assert true_effect == pytest.approx(0.10, abs=0.015)
    assert plan.summary.mde is not None
    assert true_effect > plan.summary.mde
    assert plan.summary.base_rate is not None
    share = spec.control.campaign_share
    assert power_of(plan.summary.selected, plan.summary.base_rate, true_effect, share) >= 0.8


def test_the_demo_reports_an_effect_that_contains_the_truth(
    sample: SampleFiles,
    plan: PlanResult,
    truth: dict[str, dict[str, str]],
    spec: CampaignSpec,
) -> None:
    report = _report(sample, truth, plan, spec)
    true_effect = float(_effects(truth)[plan.selected].mean())
    assert report.effect is not None, asdict(report)
    assert report.effect.low <= true_effect <= report.effect.high
    assert report.verdict.startswith("the campaign kept customers")
