from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from marketing_service.campaign import CampaignEvent
from marketing_service.errors import UnknownCampaignError
from marketing_service.results import build_report
from marketing_service.store import campaigns, customers, outcomes, plans
from marketing_service.store.engine import Database
from marketing_service.store.outcomes import OutcomeRow
from marketing_service.store.targets import StagedTarget, stage_targets
from marketing_service.targeting.policies import PlanInputs, plan_customers
from marketing_service.targeting.spec import parse_campaign, spec_to_json

DAY_MS = 86_400_000
WINDOW_MS = 30 * DAY_MS

Running = Callable[..., Any]


@pytest.fixture
def spec() -> dict[str, Any]:
    return spec_to_json(
        parse_campaign({
            "name": "spring",
            "value": {"margin_rate": 0.4, "monthly_column": "m"},
            "limits": {"max_contacts": 100},
            "control": {"campaign_share": 0.3},
            "contact": {"require_consent": False},
            "offers": [{"id": "o", "contact_eur": 1}],
            "message": {"subject": "a", "text": "b", "from": "a@example.test"},
            "measure": {"window_days": 30},
        })
    )


def _post(database: Database, ids: list[int], kinds: str, occurred_at: int) -> None:
    words = {"c": "churned", "s": "stayed"}
    rows = [
        OutcomeRow(f"{number}-{occurred_at}", number, words[kind], None, occurred_at, None)
        for number, kind in zip(ids, kinds, strict=True)
    ]
    with database.write() as conn:
        outcomes.record(conn, rows, reported_at=occurred_at)


def test_outcomes_of_both_arms_become_an_effect(
    database: Database, running_campaign: Running, spec: dict[str, Any]
) -> None:
    campaign = running_campaign(database, 7, control=3, spec=spec)
    _post(database, campaign.ids, "csssssscss", DAY_MS)
    report = build_report(database, "spring", WINDOW_MS)
    assert (report.treated.churned, report.treated.stayed) == (1, 6)
    assert (report.control.churned, report.control.stayed) == (1, 2)
    assert report.effect is not None
    assert report.effect.estimate == pytest.approx(1 / 3 - 1 / 7)
    assert report.facts.states == {"queued": 7, "control": 3}
    assert report.facts.phase == "final"


def test_only_what_happened_within_the_window_and_before_the_report_counts(
    sqlite_database: Database, running_campaign: Running, spec: dict[str, Any]
) -> None:
    campaign = running_campaign(sqlite_database, 2, control=2, spec=spec)
    _post(sqlite_database, campaign.ids[:1], "c", 5 * DAY_MS)
    _post(sqlite_database, campaign.ids[1:2], "c", WINDOW_MS)
    _post(sqlite_database, campaign.ids[2:3], "c", WINDOW_MS + 1)
    early = build_report(sqlite_database, "spring", 5 * DAY_MS)
    late = build_report(sqlite_database, "spring", 10 * WINDOW_MS)
    assert (early.treated.churned, early.facts.phase) == (1, "interim")
    assert (late.treated.churned, late.control.churned) == (2, 0)


def test_a_campaign_without_plan_reports_nothing(
    sqlite_database: Database, spec: dict[str, Any]
) -> None:
    with sqlite_database.write() as conn:
        campaigns.save(conn, slug="new", spec=spec, spec_digest="d", author="a", now_ms=1)
    report = build_report(sqlite_database, "new", 5)
    assert (report.facts.phase, report.facts.status) == ("draft", "draft")
    assert report.treated.customers == 0


def test_before_the_launch_the_arms_have_sizes_and_no_outcomes(
    sqlite_database: Database, spec: dict[str, Any]
) -> None:
    with sqlite_database.write() as conn:
        record = customers.CustomerRecord("a", None, None, {}, bytes(32), "s")
        customers.upsert(conn, [record], now_ms=0)
        row = customers.ids_of(conn, ["a"])["a"]
        found = campaigns.save(conn, slug="s", spec=spec, spec_digest="d", author="a", now_ms=1)
        plan = plans.create(conn, found.id, now_ms=0)
        target = StagedTarget(row, "control", None, 0.5, 1.0, None, None, 0.3, "control", "control")
        stage_targets(conn, plan.id, [target])
        for event, given in ((CampaignEvent.PLAN, None), (CampaignEvent.PLAN_DONE, plan.id)):
            campaigns.move(conn, found.id, event, actor="a", now_ms=0, plan_id=given)
    _post(sqlite_database, [row], "c", 5)
    report = build_report(sqlite_database, "s", 10)
    assert (report.control.customers, report.control.churned) == (1, 0)
    assert report.verdict == "no verdict: the campaign has not been launched"


def test_the_promise_of_the_plan_stands_beside(
    sqlite_database: Database, running_campaign: Running, spec: dict[str, Any]
) -> None:
    campaign = running_campaign(sqlite_database, 2, control=1, spec=spec)
    inputs = PlanInputs(customer_ids=["a"], p0=np.array([0.5]), monthly_value=np.array([50.0]))
    summary = plan_customers(inputs, parse_campaign(spec)).summary
    with sqlite_database.write() as conn:
        plans.finish(conn, campaign.plan_id, summary=summary.to_json(), digest="p", now_ms=0)
    assert build_report(sqlite_database, "spring", 5).facts.plan == summary


def test_an_unknown_campaign_is_refused(sqlite_database: Database) -> None:
    with pytest.raises(UnknownCampaignError):
        build_report(sqlite_database, "nobody", 0)
