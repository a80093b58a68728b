"""Read what a campaign came to, and judge it."""

from sqlalchemy import Connection

from marketing_service.report import DAY_MS, ArmCounts, CampaignFacts, Report, summarise
from marketing_service.store import campaigns, outcomes, plans
from marketing_service.store.campaigns import Campaign
from marketing_service.store.engine import Database
from marketing_service.store.targets import count_targets
from marketing_service.targeting.policies import PlanSummary, summary_from_json
from marketing_service.targeting.spec import parse_campaign


def build_report(database: Database, slug: str, as_of: int) -> Report:
    """Report what became of a campaign.

    Args:
        database: the store.
        slug: name of the campaign.
        as_of: instant of the report in ms UTC; outcomes that occurred later are left out.

    Returns:
        Counts, intervals and a verdict; `report.render_report` prints its JSON.

    Raises:
        UnknownCampaignError: there is no such campaign.
    """
    with database.read() as conn:
        return summarise(_facts(conn, campaigns.get(conn, slug), as_of))


def _facts(conn: Connection, campaign: Campaign, as_of: int) -> CampaignFacts:
    """Read everything that the report is made of."""
    spec = parse_campaign(campaign.spec)
    plan_id = campaign.active_plan_id
    window_ms = spec.measure.window_days * DAY_MS
    arms: dict[str, ArmCounts] = {}
    if plan_id is not None:
        arms = _arms(conn, plan_id, campaign.launched_at, window_ms=window_ms, as_of=as_of)
    return CampaignFacts(
        campaign=campaign.slug,
        status=str(campaign.status),
        as_of_ms=as_of,
        launched_at_ms=campaign.launched_at,
        window_days=spec.measure.window_days,
        confidence=spec.measure.confidence,
        control_share=spec.control.campaign_share,
        treated=arms.get("treated", ArmCounts()),
        control=arms.get("control", ArmCounts()),
        states={} if plan_id is None else count_targets(conn, plan_id),
        plan=_promised(conn, plan_id),
    )


def _arms(
    conn: Connection, plan_id: int, launched_at: int | None, *, window_ms: int, as_of: int
) -> dict[str, ArmCounts]:
    """Count both arms; both windows start at the launch and close together."""
    # Before the launch an empty window: the arms' sizes without any outcome.
    since, until = 0, 0
    if launched_at is not None:
        since, until = launched_at, min(as_of, launched_at + window_ms) + 1
    found = outcomes.churn_by_arm(conn, plan_id, since_ms=since, until_ms=until)
    return {row.arm: ArmCounts(row.customers, row.churned, row.stayed) for row in found}


def _promised(conn: Connection, plan_id: int | None) -> PlanSummary | None:
    """Read what the plan promised."""
    summary = None if plan_id is None else plans.get(conn, plan_id).summary
    return summary_from_json(summary) if summary else None
