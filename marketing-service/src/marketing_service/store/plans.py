"""Plans: who would get what in a campaign; a new plan is a new row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from marketing_service.errors import UnknownPlanError
from marketing_service.store.tables import plans

FIRST_STAGE: Final = "pages"
DONE: Final = "done"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One plan and how far the planner has come with it.

    Attributes:
        stage: Word of the planner; `done` when the plan stands.
        page_cursor: Row number of the last customer the stage has dealt with.
    """

    id: int
    campaign_id: int
    stage: str
    page_cursor: int
    model_version: str | None
    schema_digest: str | None
    summary: dict[str, Any] | None
    digest: str | None
    created_at: int
    planned_at: int | None

    @property
    def is_done(self) -> bool:
        """Whether every target of the plan is staged."""
        return self.stage == DONE


def create(conn: Connection, campaign_id: int, *, now_ms: int) -> Plan:
    """Begin a plan for a campaign."""
    statement = plans.insert().values(
        campaign_id=campaign_id, stage=FIRST_STAGE, page_cursor=0, created_at=now_ms
    )
    return _plan(conn.execute(statement.returning(plans)).one())


def get(conn: Connection, plan_id: int) -> Plan:
    """Return one plan.

    Raises:
        UnknownPlanError: there is none of that number.
    """
    row = conn.execute(select(plans).where(plans.c.id == plan_id)).one_or_none()
    if row is None:
        raise UnknownPlanError(f"There is no plan {plan_id}.")
    return _plan(row)


def latest(conn: Connection, campaign_id: int) -> Plan | None:
    """Return the newest plan of a campaign, finished or not."""
    query = select(plans).where(plans.c.campaign_id == campaign_id)
    row = conn.execute(query.order_by(plans.c.id.desc()).limit(1)).one_or_none()
    return _plan(row) if row else None


def unfinished(conn: Connection, campaign_id: int) -> Plan | None:
    """Return the newest plan of a campaign when the planner still has work with it."""
    plan = latest(conn, campaign_id)
    return plan if plan and not plan.is_done else None


def checkpoint(
    conn: Connection,
    plan_id: int,
    *,
    stage: str,
    page_cursor: int,
    model_version: str | None = None,
    schema_digest: str | None = None,
) -> None:
    """Note how far the planner has come; a None leaves what was noted before."""
    values: dict[str, Any] = {"stage": stage, "page_cursor": page_cursor}
    pinned = {"model_version": model_version, "schema_digest": schema_digest}
    values |= {name: value for name, value in pinned.items() if value is not None}
    conn.execute(plans.update().where(plans.c.id == plan_id).values(values))


def finish(
    conn: Connection, plan_id: int, *, summary: Mapping[str, Any], digest: str, now_ms: int
) -> Plan:
    """Close a plan whose targets are all staged.

    Raises:
        UnknownPlanError: there is none of that number.
    """
    values = {"stage": DONE, "summary": summary, "digest": digest, "planned_at": now_ms}
    conn.execute(plans.update().where(plans.c.id == plan_id).values(values))
    return get(conn, plan_id)


def _plan(row: Row[Any]) -> Plan:
    return Plan(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
