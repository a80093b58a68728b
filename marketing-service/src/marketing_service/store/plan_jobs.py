"""The planner's jobs, found again by the campaign they are for."""

from typing import Final

from sqlalchemy import Connection, select

from marketing_service.store import jobs as job_store
from marketing_service.store.jobs import Job
from marketing_service.store.tables import jobs

PLAN_JOB: Final = "plan"


def enqueue(conn: Connection, campaign_id: int, *, now_ms: int) -> int:
    """Ask the worker for a plan of a campaign; return the job's number."""
    return job_store.enqueue(conn, PLAN_JOB, {"campaign_id": campaign_id}, now_ms=now_ms)


def latest(conn: Connection, campaign_id: int) -> Job | None:
    """Return the newest plan job of a campaign."""
    query = select(jobs.c.id).where(
        jobs.c.kind == PLAN_JOB, jobs.c.payload == {"campaign_id": campaign_id}
    )
    found = conn.execute(query.order_by(jobs.c.id.desc()).limit(1)).scalar_one_or_none()
    return None if found is None else job_store.get(conn, found)
