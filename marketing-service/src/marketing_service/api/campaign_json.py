"""A campaign as callers see it: status, plan, counts and the job that works on it."""

from typing import Any

from sqlalchemy import Connection

from marketing_service.api.replies import instant
from marketing_service.store import jobs, plans, targets
from marketing_service.store.campaigns import Campaign
from marketing_service.store.plans import PLAN_JOB, Plan
from marketing_service.targeting.plan import summary_from_json
from marketing_service.targeting.words import plan_lines


def campaign_json(conn: Connection, campaign: Campaign) -> dict[str, Any]:
    """Return a campaign with what its plan says and where its targets are."""
    active = campaign.active_plan_id
    plan = plans.get(conn, active) if active is not None else None
    return {
        "id": campaign.slug,
        "number": campaign.id,
        "status": campaign.status,
        "pause_reason": campaign.pause_reason,
        "author": campaign.author,
        "digest": plan.digest if plan else None,
        "model_version": plan.model_version if plan else None,
        "plan": _plan_json(plan),
        "counts": targets.count_targets(conn, plan.id) if plan else {},
        "job": _job_json(conn, campaign),
        "created_at": instant(campaign.created_at),
        "launched_at": instant(campaign.launched_at),
        "finished_at": instant(campaign.finished_at),
    }


def _plan_json(plan: Plan | None) -> dict[str, Any] | None:
    if plan is None or plan.summary is None:
        return None
    return plan.summary | {"lines": list(plan_lines(summary_from_json(plan.summary)))}


def _job_json(conn: Connection, campaign: Campaign) -> dict[str, Any] | None:
    """Return the job of the newest plan, which may still be at work or have failed."""
    latest = plans.latest(conn, campaign.id)
    if latest is None:
        return None
    payload = {"campaign_id": campaign.id, "plan_id": latest.id}
    job = jobs.latest_of(conn, PLAN_JOB, payload)
    if job is None:
        return None
    return {"kind": job.kind, "state": job.state, "progress": job.progress, "error": job.error}
