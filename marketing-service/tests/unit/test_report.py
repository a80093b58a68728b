import json
from dataclasses import replace

import numpy as np
import pytest

from marketing_service.report import ArmCounts, CampaignFacts, Report, render_report, summarise
from marketing_service.targeting.policies import PlanInputs, PlanSummary, plan_customers
from marketing_service.targeting.spec import parse_campaign

DAY_MS = 86_400_000
LAUNCH = 1_800_000_000_000


@pytest.fixture
def plan() -> PlanSummary:
    spec = parse_campaign({
        "name": "spring",
        "value": {"margin_rate": 0.4, "monthly_column": "m"},
        "limits": {"max_contacts": 900},
        "control": {"campaign_share": 0.1},
        "contact": {"require_consent": False},
        "offers": [{"id": "o", "contact_eur": 1, "save_rate": 0.2}],
        "message": {"subject": "a", "text": "b", "from": "a@example.com"},
    })
    rng = np.random.default_rng(1)
    inputs = PlanInputs(
        customer_ids=[str(number) for number in range(1500)],
        p0=rng.uniform(0.2, 0.6, 1500),
        monthly_value=np.full(1500, 60.0),
    )
    return plan_customers(inputs, spec).summary


@pytest.fixture
def facts(plan: PlanSummary) -> CampaignFacts:
    """A finished campaign: 30 of 100 controls left, 180 of 900 treated."""
    return CampaignFacts(
        campaign="spring",
        status="finished",
        as_of_ms=LAUNCH + 360 * DAY_MS,
        launched_at_ms=LAUNCH,
        window_days=360,
        confidence=0.95,
        control_share=0.1,
        treated=ArmCounts(900, 180, 720),
        control=ArmCounts(100, 30, 70),
        states={"sent": 897, "failed": 2, "unknown": 1, "control": 100, "not_selected": 500},
        plan=plan,
    )


def _text(report: Report) -> str:
    return render_report(json.loads(json.dumps(report.to_json())))


def test_a_finished_campaign_shows_the_newcombe_interval(facts: CampaignFacts) -> None:
    report = summarise(facts)
    assert report.effect is not None
    assert report.effect.estimate == pytest.approx(0.1)
    assert (report.effect.low, report.effect.high) == pytest.approx((0.014448, 0.199013), abs=1e-6)
    assert report.kept_customers is not None
    assert report.kept_customers.estimate == pytest.approx(90)
    assert report.verdict.startswith("the campaign kept customers")


def test_the_text_names_counts_interval_and_promise(facts: CampaignFacts) -> None:
    text = _text(summarise(facts))
    for part in (
        "targets: 900 treated, 100 control",
        "messages: sent 897, failed 2, unknown 1",
        "treated: 180 churned, 720 stayed, 0 not known; churn 20.0 %",
        "split of the arms: as asked for",
        "effect: 10.0 pp less churn [1.4 pp, 19.9 pp] at 95.0 % confidence (Newcombe)",
        "that is 90 customers kept",
        "promised effect",
        "(assumed, not measured); measured 10.0 pp",
        "promised profit EUR",
    ):
        assert part in text
    assert "not_selected" not in text


def test_nobody_failed_is_said_too(facts: CampaignFacts) -> None:
    text = _text(summarise(replace(facts, states={"sent": 900})))
    assert "messages: sent 900, failed 0, unknown 0" in text


def test_before_the_window_closes_there_is_no_verdict(facts: CampaignFacts) -> None:
    report = summarise(replace(facts, as_of_ms=LAUNCH + 300 * DAY_MS - 1))
    assert report.verdict == "interim, no verdict: the window closes in 61 days"
    assert "interim effect: 10.0 pp" in _text(report)


def test_one_instant_before_the_end_the_window_is_open(facts: CampaignFacts) -> None:
    assert summarise(replace(facts, as_of_ms=facts.as_of_ms - 1)).facts.phase == "interim"
    assert summarise(facts).facts.phase == "final"


def test_a_campaign_that_drove_customers_away_says_so(facts: CampaignFacts) -> None:
    worse = replace(facts, treated=ArmCounts(900, 450, 450))
    assert "drove customers away" in summarise(worse).verdict


def test_an_interval_around_zero_shows_no_effect(facts: CampaignFacts) -> None:
    same = replace(facts, treated=ArmCounts(900, 270, 630))
    verdict = summarise(same).verdict
    assert verdict.startswith("no effect is shown: the interval includes zero")
    assert "this campaign could show" in verdict


def test_a_plan_without_provable_effect_names_none(facts: CampaignFacts, plan: PlanSummary) -> None:
    same = replace(facts, treated=ArmCounts(900, 270, 630), plan=replace(plan, mde=None))
    assert summarise(same).verdict == "no effect is shown: the interval includes zero"


def test_lost_controls_withhold_every_effect_but_no_count(facts: CampaignFacts) -> None:
    broken = replace(
        facts, treated=ArmCounts(18_140, 3_000, 15_140), control=ArmCounts(1_860, 500, 1_360)
    )
    report = summarise(broken)
    assert (report.effect, report.kept_customers) == (None, None)
    assert (report.treated.churn, report.control.churn) == (None, None)
    assert report.control.churned == 500
    text = _text(report)
    assert "BROKEN" in text
    assert "control: 500 churned, 1,360 stayed" in text
    assert "no verdict: the arms do not have their sizes" in text
    assert "pp less churn" not in text
    assert "not measured yet" in text


def test_outcomes_that_miss_one_arm_withhold_the_effect_at_the_end(facts: CampaignFacts) -> None:
    missing = replace(facts, control=ArmCounts(100, 20, 10))
    assert summarise(missing).split != summarise(facts).split
    assert summarise(missing).effect is None


def test_open_windows_are_not_judged_by_who_was_reported(facts: CampaignFacts) -> None:
    early = replace(facts, as_of_ms=LAUNCH + DAY_MS, control=ArmCounts(100, 20, 10))
    assert summarise(early).effect is not None


def test_without_outcomes_there_is_no_rate(facts: CampaignFacts) -> None:
    silent = replace(facts, treated=ArmCounts(900), control=ArmCounts(100))
    report = summarise(silent)
    assert report.treated.churn is None
    assert report.treated.unreported == 900
    assert "post them to /v1/outcomes" in report.verdict


def test_departures_alone_make_no_rate_of_one(facts: CampaignFacts) -> None:
    leavers = replace(facts, treated=ArmCounts(900, 180, 0), control=ArmCounts(100, 20, 0))
    report = summarise(leavers)
    assert report.effect is None
    assert "only departures are known" in report.verdict


def test_a_campaign_without_control_cannot_be_judged(facts: CampaignFacts) -> None:
    alone = replace(facts, control=ArmCounts(), control_share=0.0)
    assert "no control group" in summarise(alone).verdict


def test_before_the_launch_there_is_nothing_to_judge(facts: CampaignFacts) -> None:
    waiting = replace(
        facts, launched_at_ms=None, treated=ArmCounts(900), control=ArmCounts(100), states={}
    )
    report = summarise(waiting)
    assert report.facts.phase == "planned"
    assert report.verdict == "no verdict: the campaign has not been launched"
    assert report.to_json()["window_ends_at"] is None
    assert "window of" not in _text(report)


def test_a_draft_has_a_report_without_promise(facts: CampaignFacts) -> None:
    draft = replace(
        facts, launched_at_ms=None, treated=ArmCounts(), control=ArmCounts(), states={}, plan=None
    )
    report = summarise(draft)
    assert (report.facts.phase, report.split) == ("draft", None)
    assert "promised" not in _text(report)


def test_an_empty_plan_promises_no_effect(facts: CampaignFacts, plan: PlanSummary) -> None:
    empty = replace(facts, plan=replace(plan, planned_effect=None))
    assert "promised" not in _text(summarise(empty))


def test_the_json_has_instants_in_utc(facts: CampaignFacts) -> None:
    document = summarise(facts).to_json()
    assert document["launched_at"] == "2027-01-15T08:00:00.000Z"
    assert document["window_ends_at"] == document["as_of"]
    assert document["arms"]["control"]["churn"]["estimate"] == 0.3
    assert document["plan"]["promise"]["label"] == "assumed, not measured"
