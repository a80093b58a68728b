"""The planner's jobs, found again by the campaign they are for."""

from typing import Final

from sqlalchemy import Connection

from marketing_service.store import jobs as job_store
from marketing_service.store.jobs import Job

PLAN_JOB: Final = "plan"


def enqueue(conn: Connection, campaign_id: int, *, now_ms: int) -> int:
    """Ask the worker for a plan of a campaign; return the job's number."""
    return job_store.enqueue(conn, PLAN_JOB, _payload(campaign_id), now_ms=now_ms)


def latest(conn: Connection, campaign_id: int) -> Job | None:
    """Return the newest plan job of a campaign."""
    return job_store.latest_of(conn, PLAN_JOB, _payload(campaign_id))


def _payload(campaign_id: int) -> dict[str, int]:
    return {"campaign_id": campaign_id}
