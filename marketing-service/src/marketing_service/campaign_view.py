"""A campaign as people and programs see it: plan, progress, counts, causes."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from marketing_service.store import plan_jobs, plans
from marketing_service.store.campaigns import Campaign
from marketing_service.store.jobs import Job
from marketing_service.store.plans import Plan
from marketing_service.store.targets import count_targets


@dataclass(frozen=True, kw_only=True)
class CampaignView:
    """Everything the store knows of one campaign at one instant.

    Attributes:
        plan: The plan that a launch would send; None before it stands.
        counts: Targets per state of that plan.
        job: The newest plan job.
    """

    campaign: Campaign
    plan: Plan | None
    counts: dict[str, int]
    job: Job | None

    def job_json(self) -> dict[str, Any] | None:
        """Shape the plan job: how far it came, and what it waits for or died of."""
        if self.job is None:
            return None
        progress = self.job.progress or {}
        return {
            "kind": self.job.kind,
            "state": self.job.state,
            "progress": {key: progress[key] for key in ("done", "total") if key in progress},
            "error": self.job.error or progress.get("waiting"),
        }


def view_campaign(conn: Connection, campaign: Campaign) -> CampaignView:
    """Read what belongs to a campaign, in the caller's snapshot."""
    plan_id = campaign.active_plan_id
    return CampaignView(
        campaign=campaign,
        plan=None if plan_id is None else plans.get(conn, plan_id),
        counts={} if plan_id is None else count_targets(conn, plan_id),
        job=plan_jobs.latest(conn, campaign.id),
    )
