"""Claims on targets: the statements that keep "at most one message per target".

Each function moves rows as `outbox.states` allows and changes the counts in the same
transaction. A row may be sent only after `mark_sending` returned it and was committed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Update, and_, exists, or_, select, update

from marketing_service.store.tables import campaign_targets, campaigns, customers, workers
from marketing_service.store.targets import add_counts, state_is
from marketing_service.store.words import CAMPAIGN_STATUSES, REASONS, TARGET_STATES

_T: Final = campaign_targets.c
_QUEUED, _LEASED, _SENDING, _SENT, _UNKNOWN, _SUPPRESSED = (
    TARGET_STATES.code(word)
    for word in ("queued", "leased", "sending", "sent", "unknown", "suppressed")
)


class SendableCampaign(NamedTuple):
    """A running campaign and the plan whose targets may be sent."""

    campaign_id: int
    plan_id: int
    slug: str
    spec: dict[str, Any]


class Lease(NamedTuple):
    """Who acts on which plan: a worker's epoch is its identity for one life."""

    plan_id: int
    epoch: int


class MarkedTarget(NamedTuple):
    """A target that carries its durable mark, with what its message needs."""

    customer_id: int
    attempt: int
    offer: int | None
    external_id: str
    public_id: bytes
    email: str
    attrs: Mapping[str, Any]


class Outcome(NamedTuple):
    """What became of one marked target.

    `state` is sent, deferred, failed or unknown; instants are milliseconds UTC. An
    outcome that is not `charged` does not count as one of the target's attempts.
    """

    customer_id: int
    attempt: int
    state: str
    code: int | None = None
    detail: str | None = None
    sent_at: int | None = None
    next_at: int = 0
    charged: bool = True


def sendable_campaigns(conn: Connection) -> list[SendableCampaign]:
    """List the running campaigns, oldest first."""
    c = campaigns.c
    query = (
        select(c.id, c.active_plan_id, c.slug, c.spec)
        .where(c.status == CAMPAIGN_STATUSES.code("running"), c.active_plan_id.is_not(None))
        .order_by(c.id)
    )
    return [SendableCampaign._make(row) for row in conn.execute(query)]


def has_due(conn: Connection, plan_id: int, now: int) -> bool:
    """Tell whether a plan has targets that are due at `now` (milliseconds UTC)."""
    return bool(conn.execute(select(_due(plan_id, now).exists())).scalar())


def has_expired(conn: Connection, now: int) -> bool:
    """Tell whether a lease ended before `now` (milliseconds UTC)."""
    query = select(_T.plan_id).where(state_is("leased"), _T.lease_until < now)
    return bool(conn.execute(select(query.exists())).scalar())


def claim(conn: Connection, lease: Lease, *, limit: int, now: int, lease_until: int) -> list[int]:
    """Lease due targets of a running campaign.

    Args:
        conn: The writing transaction.
        lease: Plan and epoch of the claiming worker.
        limit: How many rows at most.
        now: Rows with a later `next_at` are not due; milliseconds UTC.
        lease_until: When anyone may take the rows back; milliseconds UTC.

    Returns:
        Customer numbers, longest due first.
    """
    due = (
        _due(lease.plan_id, now)
        .where(_is_running(lease.plan_id), _is_live(lease.epoch))
        .order_by(_T.next_at, _T.customer_id)
        .limit(limit)
        # PostgreSQL: several workers claim side by side. SQLite: one writer at a time.
        .with_for_update(skip_locked=True, of=campaign_targets)
    )
    found = conn.execute(due).all()
    ids = [row.customer_id for row in found]
    if ids:
        taken = {"state": _LEASED, "epoch": lease.epoch, "lease_until": lease_until}
        conn.execute(_rows(lease.plan_id, ids).values(taken))
        _count(conn, lease, Counter(row.state for row in found), _LEASED)
    return ids


def mark_sending(conn: Connection, lease: Lease, ids: Sequence[int]) -> list[MarkedTarget]:
    """Mark leased targets as being sent; only the returned ones may be sent.

    Left out are rows that another worker took over, rows of a campaign that stopped
    running, and customers who were erased or lost their address, which become suppressed.

    Returns:
        The marked targets, in the order of `ids`.
    """
    if not ids:
        return []
    mine = _rows(lease.plan_id, ids).where(state_is("leased"), _T.epoch == lease.epoch)
    mine = mine.where(_is_running(lease.plan_id), _is_live(lease.epoch))
    marked = _moved(
        conn,
        mine.where(_is_reachable()).values(
            state=_SENDING, attempt=_T.attempt + 1, lease_until=None
        ),
    )
    _count(conn, lease, {_LEASED: len(marked)}, _SENDING)
    if len(marked) < len(ids):
        reason = REASONS.code("erased")
        gone = _moved(conn, mine.where(~_is_reachable()).values(state=_SUPPRESSED, reason=reason))
        _count(conn, lease, {_LEASED: len(gone)}, _SUPPRESSED)
    return _marked(conn, lease.plan_id, [i for i in ids if i in set(marked)])


def record_outcomes(conn: Connection, lease: Lease, outcomes: Iterable[Outcome]) -> int:
    """Write what became of marked targets.

    An outcome counts only while the row carries the mark of this epoch and attempt. A
    row that was settled as unknown meanwhile still becomes sent when the channel took it.

    Returns:
        How many outcomes were written.
    """
    groups = defaultdict(list)
    for outcome in outcomes:
        groups[outcome._replace(customer_id=0)].append(outcome.customer_id)
    return sum(_record(conn, lease, shared, ids) for shared, ids in groups.items())


def release_epoch(conn: Connection, epoch: int) -> int:
    """Queue the targets again that an epoch leased and never marked; tell how many."""
    return _release(conn, _T.epoch == epoch)


def release_expired(conn: Connection, now: int) -> int:
    """Queue leased targets again whose lease ended before `now` (milliseconds UTC)."""
    return _release(conn, _T.lease_until < now)


def release_targets(conn: Connection, lease: Lease, ids: Iterable[int]) -> int:
    """Queue some targets again that this epoch leased and never marked; tell how many."""
    mine = _rows(lease.plan_id, list(ids)).where(state_is("leased"), _T.epoch == lease.epoch)
    released = _moved(conn, mine.values(state=_QUEUED, lease_until=None))
    _count(conn, lease, {_LEASED: len(released)}, _QUEUED)
    return len(released)


def orphaned_epochs(conn: Connection) -> list[int]:
    """List epochs that left marked targets behind and belong to no live worker."""
    query = (
        select(_T.epoch)
        .distinct()
        .where(state_is("sending", "unknown"), state_is("sending"), _T.plan_id >= 0)
        .where(~exists().where(workers.c.epoch == _T.epoch, workers.c.stopped_at.is_(None)))
        .order_by(_T.epoch)
    )
    return list(conn.execute(query).scalars())


def settle_epoch(conn: Connection, epoch: int) -> int:
    """Declare the marked targets of a dead epoch unknown; tell how many."""
    left = update(campaign_targets).where(
        state_is("sending", "unknown"), state_is("sending"), _T.plan_id >= 0, _T.epoch == epoch
    )
    detail = "The sender ended while this message was on its way."
    moved = conn.execute(left.values(state=_UNKNOWN, detail=detail).returning(_T.plan_id))
    return _count_per_plan(conn, epoch, moved.scalars().all(), _SENDING, _UNKNOWN)


def _record(conn: Connection, lease: Lease, shared: Outcome, ids: list[int]) -> int:
    state = TARGET_STATES.code(shared.state)
    attempt = shared.attempt if shared.charged else shared.attempt - 1
    values = {
        "state": state,
        "attempt": attempt,
        "code": shared.code,
        "detail": shared.detail,
        "sent_at": shared.sent_at,
        "next_at": shared.next_at,
    }
    mine = _rows(lease.plan_id, ids).where(_T.epoch == lease.epoch, _T.attempt == shared.attempt)
    written = 0
    for origin in ("sending", "unknown") if state == _SENT else ("sending",):
        moved = _moved(conn, mine.where(state_is(origin)).values(values))
        _count(conn, lease, {TARGET_STATES.code(origin): len(moved)}, state)
        written += len(moved)
    return written


def _release(conn: Connection, condition: ColumnElement[bool]) -> int:
    # `lease_until` is in the index over leased rows, so naming it makes the index usable.
    query = (
        update(campaign_targets)
        .where(state_is("leased"), _T.lease_until >= 0, condition)
        .values(state=_QUEUED, lease_until=None)
        .returning(_T.plan_id, _T.epoch)
    )
    by_epoch = defaultdict(list)
    for plan_id, epoch in conn.execute(query).all():
        by_epoch[epoch].append(plan_id)
    return sum(
        _count_per_plan(conn, epoch, plans, _LEASED, _QUEUED) for epoch, plans in by_epoch.items()
    )


def _due(plan_id: int, now: int) -> Select[tuple[int, int]]:
    return select(_T.customer_id, _T.state).where(
        _T.plan_id == plan_id, state_is("queued", "deferred"), _T.next_at <= now
    )


def _rows(plan_id: int, ids: Sequence[int]) -> Update:
    return update(campaign_targets).where(_T.plan_id == plan_id, _T.customer_id.in_(ids))


def _moved(conn: Connection, statement: Update) -> list[int]:
    # Every row is fetched before the commit; the order of RETURNING is not promised.
    return list(conn.execute(statement.returning(_T.customer_id)).scalars().all())


def _count(conn: Connection, lease: Lease, origins: Mapping[int, int], state: int) -> None:
    deltas = Counter({state: sum(origins.values())})
    deltas.subtract(origins)
    add_counts(conn, lease.plan_id, lease.epoch, deltas)


def _count_per_plan(
    conn: Connection, epoch: int, plans: Sequence[int], origin: int, state: int
) -> int:
    for plan_id, n in Counter(plans).items():
        _count(conn, Lease(plan_id, epoch), {origin: n}, state)
    return len(plans)


def _marked(conn: Connection, plan_id: int, ids: list[int]) -> list[MarkedTarget]:
    c = customers.c
    query = (
        select(_T.customer_id, _T.attempt, _T.offer, c.external_id, c.public_id, c.email, c.attrs)
        .join_from(campaign_targets, customers, c.id == _T.customer_id)
        .where(_T.plan_id == plan_id, _T.customer_id.in_(ids))
    )
    found = {row.customer_id: MarkedTarget._make(row) for row in conn.execute(query)}
    return [found[customer_id] for customer_id in ids]


def _is_running(plan_id: int) -> ColumnElement[bool]:
    c = campaigns.c
    running = c.status == CAMPAIGN_STATUSES.code("running")
    return exists().where(and_(c.active_plan_id == plan_id, running))


def _is_live(epoch: int) -> ColumnElement[bool]:
    # A worker that was declared dead may be alive: it must not touch anything any more.
    return exists().where(workers.c.epoch == epoch, workers.c.stopped_at.is_(None))


def _is_reachable() -> ColumnElement[bool]:
    c = customers.c
    gone = or_(c.erased_at.is_not(None), c.email.is_(None), c.public_id.is_(None))
    return exists().where(c.id == _T.customer_id, ~gone)
