"""Campaigns and their status; every step is one locked row and one audit entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from marketing_service.campaign import EDITABLE, CampaignEvent, CampaignStatus, next_status
from marketing_service.errors import (
    AudienceChangedError,
    CampaignExistsError,
    UnknownCampaignError,
    UnknownPlanError,
)
from marketing_service.store import audit, plans
from marketing_service.store.dialect import literals
from marketing_service.store.tables import campaigns
from marketing_service.store.words import CAMPAIGN_STATUSES

FINAL: Final = frozenset({
    CampaignStatus.FINISHED,
    CampaignStatus.EXPIRED,
    CampaignStatus.CANCELLED,
})


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One campaign; `spec` is the checked campaign file, `slug` its name and public id."""

    id: int
    slug: str
    status: CampaignStatus
    spec: dict[str, Any]
    spec_digest: str
    active_plan_id: int | None
    author: str
    created_at: int
    launched_at: int | None
    finished_at: int | None
    pause_reason: str | None


def save(
    conn: Connection,
    *,
    slug: str,
    spec: Mapping[str, Any],
    spec_digest: str,
    author: str,
    now_ms: int,
) -> Campaign:
    """Store a campaign file as a draft, or replace the one of that name.

    The same file again changes nothing. Replacing drops the plan.

    Raises:
        CampaignExistsError: the name belongs to a campaign beyond editing.
    """
    row = conn.execute(_locked(campaigns.c.slug == slug)).one_or_none()
    if row is None:
        return _insert(conn, slug, spec, spec_digest, author=author, now_ms=now_ms)
    campaign = _campaign(row)
    if campaign.spec_digest == spec_digest:
        return campaign
    if campaign.status not in EDITABLE:
        raise CampaignExistsError(
            f"The campaign {slug} is {campaign.status}; give the new file another name."
        )
    replaced = {"spec": spec, "spec_digest": spec_digest, "active_plan_id": None}
    conn.execute(campaigns.update().where(campaigns.c.id == campaign.id).values(replaced))
    diff = {"spec_digest": [campaign.spec_digest, spec_digest]}
    return move(conn, campaign.id, CampaignEvent.EDIT, actor=author, now_ms=now_ms, detail=diff)


def get(conn: Connection, slug: str) -> Campaign:
    """Return the campaign of that name.

    Raises:
        UnknownCampaignError: there is none.
    """
    row = conn.execute(select(campaigns).where(campaigns.c.slug == slug)).one_or_none()
    if row is None:
        raise UnknownCampaignError(f"There is no campaign {slug}.")
    return _campaign(row)


def by_id(conn: Connection, campaign_id: int) -> Campaign:
    """Return the campaign of that number.

    Raises:
        UnknownCampaignError: there is none.
    """
    return _require(conn.execute(select(campaigns).where(campaigns.c.id == campaign_id)).first())


def ids_of(conn: Connection, slugs: Sequence[str]) -> dict[str, int]:
    """Return the numbers of campaigns by their names; unknown ones are left out."""
    query = select(campaigns.c.slug, campaigns.c.id).where(campaigns.c.slug.in_(slugs))
    return dict(map(tuple, conn.execute(query)))


def page(conn: Connection, *, before: int | None = None, limit: int = 50) -> list[Campaign]:
    """Return campaigns, newest first, older than number `before`."""
    query = select(campaigns).order_by(campaigns.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(campaigns.c.id < before)
    return [_campaign(row) for row in conn.execute(query)]


def launched_after(conn: Connection, campaign_id: int, limit: int = 50) -> list[Campaign]:
    """Return the next campaigns behind a number that were ever launched, the oldest first."""
    query = select(campaigns).where(
        campaigns.c.id > campaign_id, campaigns.c.launched_at.is_not(None)
    )
    return [_campaign(row) for row in conn.execute(query.order_by(campaigns.c.id).limit(limit))]


def with_status(conn: Connection, *statuses: CampaignStatus) -> list[Campaign]:
    """Return all campaigns of these statuses, oldest first."""
    query = select(campaigns).where(
        literals(campaigns.c.status, CAMPAIGN_STATUSES.codes(*statuses))
    )
    return [_campaign(row) for row in conn.execute(query.order_by(campaigns.c.id))]


def move(
    conn: Connection,
    campaign_id: int,
    event: CampaignEvent,
    *,
    actor: str,
    now_ms: int,
    plan_id: int | None = None,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Campaign:
    """Take one step of a campaign's life and write it to the audit.

    Args:
        conn: A writing connection.
        campaign_id: Number of the campaign.
        event: What happened.
        actor: Key owner or process that did it.
        now_ms: When.
        plan_id: The plan that stands, with PLAN_DONE.
        reason: Why it stopped, shown to people, with PAUSE, BREAKER and LATE.
        detail: More for the audit entry.

    Raises:
        UnknownCampaignError: there is no such campaign.
        CampaignStateError: the event cannot happen now.
    """
    campaign = _require(conn.execute(_locked(campaigns.c.id == campaign_id)).first())
    status = next_status(campaign.status, event)
    values = _changes(campaign, status, now_ms=now_ms, plan_id=plan_id, reason=reason)
    conn.execute(campaigns.update().where(campaigns.c.id == campaign_id).values(values))
    diff: dict[str, Any] = {"status": [campaign.status, status], "plan": plan_id, "reason": reason}
    audit.append(
        conn,
        actor=actor,
        action=f"campaign.{event}",
        object=f"campaign/{campaign.slug}",
        diff={name: value for name, value in (diff | dict(detail or {})).items() if value},
        now_ms=now_ms,
    )
    return by_id(conn, campaign_id)


def launch(
    conn: Connection, campaign_id: int, *, expect: str | None, actor: str, now_ms: int
) -> Campaign:
    """Let a planned campaign send; a second launch of the same plan changes nothing.

    Args:
        conn: A writing connection.
        campaign_id: Number of the campaign.
        expect: Digest of the plan that the caller has seen; None takes the one there is.
        actor: Key owner who launches.
        now_ms: When.

    Raises:
        UnknownCampaignError: there is no such campaign.
        UnknownPlanError: the campaign was never planned to the end.
        AudienceChangedError: the plan is another than the expected one.
        CampaignStateError: the campaign cannot be launched now.
    """
    campaign = _require(conn.execute(_locked(campaigns.c.id == campaign_id)).first())
    if campaign.active_plan_id is None:
        next_status(campaign.status, CampaignEvent.LAUNCH)
        raise UnknownPlanError(f"The campaign {campaign.slug} has no plan; plan it first.")
    digest = plans.get(conn, campaign.active_plan_id).digest
    if expect is not None and expect != digest:
        raise AudienceChangedError(
            f"The plan of {campaign.slug} now has the digest {digest}; look at it again."
        )
    if campaign.launched_at is not None and campaign.status not in _STOPPED:
        return campaign
    event, detail = CampaignEvent.LAUNCH, {"digest": digest}
    return move(conn, campaign_id, event, actor=actor, now_ms=now_ms, detail=detail)


_STOPPED: Final = frozenset({
    CampaignStatus.HELD,
    CampaignStatus.PAUSED,
    CampaignStatus.EXPIRED,
    CampaignStatus.CANCELLED,
})


def _insert(
    conn: Connection,
    slug: str,
    spec: Mapping[str, Any],
    spec_digest: str,
    *,
    author: str,
    now_ms: int,
) -> Campaign:
    statement = campaigns.insert().values(
        slug=slug,
        status=CAMPAIGN_STATUSES.code(CampaignStatus.DRAFT),
        spec=spec,
        spec_digest=spec_digest,
        author=author,
        created_at=now_ms,
    )
    campaign = _campaign(conn.execute(statement.returning(campaigns)).one())
    audit.append(
        conn,
        actor=author,
        action="campaign.create",
        object=f"campaign/{slug}",
        diff={"spec_digest": spec_digest},
        now_ms=now_ms,
    )
    return campaign


def _changes(
    campaign: Campaign,
    status: CampaignStatus,
    *,
    now_ms: int,
    plan_id: int | None,
    reason: str | None,
) -> dict[str, Any]:
    is_over = status in FINAL or status is CampaignStatus.FINISHED_WITH_UNKNOWN
    first_launch = now_ms if status is CampaignStatus.RUNNING else None
    return {
        "status": CAMPAIGN_STATUSES.code(status),
        "pause_reason": reason,
        "active_plan_id": campaign.active_plan_id if plan_id is None else plan_id,
        "launched_at": campaign.launched_at or first_launch,
        "finished_at": campaign.finished_at or (now_ms if is_over else None),
    }


def _locked(condition: Any) -> Select[Any]:
    # SQLite's writers are alone already and its SELECT has no such clause.
    return select(campaigns).where(condition).with_for_update()


def _require(row: Row[Any] | None) -> Campaign:
    if row is None:
        raise UnknownCampaignError("There is no campaign of that number.")
    return _campaign(row)


def _campaign(row: Row[Any]) -> Campaign:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    values["status"] = CampaignStatus(CAMPAIGN_STATUSES.word(row.status))
    return Campaign(**values)
