"""Targets of a plan: stage them in bulk, count them, list them page by page."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from marketing_service.store.dialect import BATCH_ROWS, analyze, bulk_load, insert, literals
from marketing_service.store.tables import campaign_targets, customers, target_counts
from marketing_service.store.words import ARMS, REASONS, TARGET_STATES

PLANNER: Final = 0
"""The worker number under which the planner counts."""

_STAGED_COLUMNS: Final = (
    "plan_id", "customer_id", "arm", "offer", "p", "value", "cost", "net", "propensity",
    "reason", "state", "row_hash",
)  # fmt: skip


_STATE: Final = _STAGED_COLUMNS.index("state")


class StagedTarget(NamedTuple):
    """One customer as the planner decided: words for arm, reason and state.

    `offer` is the position of the offer in the campaign file, from 0; `row_hash` finds the
    snapshot of the customer's attributes.
    """

    customer_id: int
    arm: str
    offer: int | None
    p: float | None
    value: float | None
    cost: float | None
    net: float | None
    propensity: float | None
    reason: str
    state: str
    row_hash: bytes | None = None


class TargetRow(NamedTuple):
    """One target with everything that is known about it, in words.

    `code` is the channel's last reply code, `sent_at` milliseconds UTC.
    """

    customer_id: int
    external_id: str
    arm: str
    offer: int | None
    p: float | None
    value: float | None
    cost: float | None
    net: float | None
    propensity: float | None
    reason: str
    state: str
    attempt: int
    code: int | None
    detail: str | None
    sent_at: int | None


def state_is(*states: str) -> ColumnElement[bool]:
    """Compare the state with literals, spelled as in the partial indexes.

    A bound parameter would hide the predicate from both planners: SQLite then walks the
    primary key, PostgreSQL scans the table.
    """
    return literals(campaign_targets.c.state, TARGET_STATES.codes(*states))


def stage_targets(conn: Connection, plan_id: int, rows: Iterable[StagedTarget]) -> int:
    """Write targets of a plan and count them, in the caller's transaction.

    Returns:
        How many were written.

    Raises:
        ValueError: An arm, reason or state is no word of the tables.
    """
    rest = (_coded(plan_id, row) for row in rows)
    total = 0
    while batch := list(islice(rest, BATCH_ROWS)):
        total += bulk_load(conn, campaign_targets, _STAGED_COLUMNS, batch)
        add_counts(conn, plan_id, PLANNER, Counter(row[_STATE] for row in batch))
    return total


def analyze_targets(conn: Connection) -> None:
    """Give the query planner its statistics; claims after a bulk load need them.

    Without it the first claims of a plan are more than a hundred times slower.
    """
    analyze(conn, campaign_targets)


def add_counts(conn: Connection, plan_id: int, worker: int, deltas: Mapping[int, int]) -> None:
    """Add to the counts of one worker, in the transaction that moved the rows.

    Args:
        conn: The writing transaction.
        plan_id: The plan whose rows moved.
        worker: The number that counts; no two live processes share one.
        deltas: State number to change; zeros are left out.
    """
    rows = [
        {"plan_id": plan_id, "worker": worker, "state": state, "n": change}
        for state, change in sorted(deltas.items())
        if change
    ]
    if not rows:
        return
    statement = insert(conn, target_counts)
    total = target_counts.c.n + statement.excluded.n
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["plan_id", "worker", "state"], set_={"n": total}
        ),
        rows,
    )


def count_targets(conn: Connection, plan_id: int) -> dict[str, int]:
    """Tell how many targets are in each state, without touching the targets.

    Returns:
        State word to number, in the order of the state table; empty states are left out.
    """
    found = conn.execute(
        select(target_counts.c.state, func.sum(target_counts.c.n))
        .where(target_counts.c.plan_id == plan_id)
        .group_by(target_counts.c.state)
    )
    numbers = {TARGET_STATES.word(state): int(n) for state, n in found}
    return {word: numbers[word] for word in TARGET_STATES if numbers.get(word)}


def list_targets(
    conn: Connection,
    plan_id: int,
    *,
    after: int = 0,
    limit: int = 1_000,
    arm: str | None = None,
    state: str | None = None,
) -> list[TargetRow]:
    """List targets in the order of their customer numbers.

    Args:
        conn: Any transaction.
        plan_id: The plan.
        after: The last customer number of the page before.
        limit: How many rows at most.
        arm: Only this arm, as `treated`.
        state: Only this state, as `unknown`.

    Raises:
        ValueError: `arm` or `state` is no word of the tables; the message lists them.
    """
    t, c = campaign_targets.c, customers.c
    query = (
        select(
            t.customer_id, c.external_id, t.arm, t.offer, t.p, t.value, t.cost, t.net,
            t.propensity, t.reason, t.state, t.attempt, t.code, t.detail, t.sent_at,
        )
        .join_from(campaign_targets, customers, c.id == t.customer_id)
        .where(t.plan_id == plan_id, t.customer_id > after, *_filters(arm, state))
        .order_by(t.customer_id)
        .limit(limit)
    )  # fmt: skip
    return [_worded(row) for row in conn.execute(query)]


def _filters(arm: str | None, state: str | None) -> list[ColumnElement[bool]]:
    filters = []
    if arm is not None:
        filters.append(campaign_targets.c.arm == ARMS.code(arm))
    if state is not None:
        filters.append(state_is(state))
    if state in {"sending", "unknown"}:
        # The predicate of the small index over rows in doubt.
        filters.append(state_is("sending", "unknown"))
    return filters


def _coded(plan_id: int, row: StagedTarget) -> tuple[Any, ...]:
    codes = (REASONS.code(row.reason), TARGET_STATES.code(row.state))
    return (plan_id, row.customer_id, ARMS.code(row.arm), *row[2:8], *codes, row.row_hash)


def _worded(row: Any) -> TargetRow:
    target = TargetRow._make(row)
    return target._replace(
        arm=ARMS.word(row.arm),
        reason=REASONS.word(row.reason),
        state=TARGET_STATES.word(row.state),
    )
