"""What became of customers; facts by the sender's id, corrected by newer reports."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Subquery, and_, bindparam, case, func, select

from marketing_service.store.dialect import BATCH_ROWS, insert, literals
from marketing_service.store.tables import campaign_targets, outcomes
from marketing_service.store.words import ARMS, OUTCOME_KINDS

CHURNED: Final = OUTCOME_KINDS.code("churned")
STAYED: Final = OUTCOME_KINDS.code("stayed")


class OutcomeRow(NamedTuple):
    """One fact about one customer; `source_id` is the sender's id of it."""

    source_id: str
    customer_id: int
    kind: str
    value: float | None
    occurred_at: int
    campaign_id: int | None


class Recorded(NamedTuple):
    """How many facts were new, corrected an earlier report, or were known already."""

    new: int
    corrected: int
    unchanged: int


class ArmChurn(NamedTuple):
    """Customers of one arm; those neither churned nor stayed are not known."""

    arm: str
    customers: int
    churned: int
    stayed: int


def record(conn: Connection, found: Sequence[OutcomeRow], *, reported_at: int) -> Recorded:
    """Store facts; of two reports of one fact the newer `reported_at` wins.

    Every source id may stand in `found` once.
    """
    known = _known(conn, [row.source_id for row in found])
    fresh = [row for row in found if _is_news(row, known.get(row.source_id), reported_at)]
    new = sum(row.source_id not in known for row in fresh)
    if fresh:
        _upsert(conn, fresh, reported_at)
    return Recorded(new, len(fresh) - new, len(found) - len(fresh))


def _is_news(row: OutcomeRow, known: tuple[OutcomeRow, int] | None, reported_at: int) -> bool:
    return known is None or (known[0] != row and known[1] <= reported_at)


def churn_by_arm(conn: Connection, plan_id: int, *, since_ms: int, until_ms: int) -> list[ArmChurn]:
    """Count churned and stayed customers of each arm of a plan, by arm.

    Facts that occurred from `since_ms` up to, not including, `until_ms` count. Of several
    facts about one customer the newest report decides.
    """
    newest = _newest_churn(since_ms, until_ms)
    same = and_(newest.c.customer_id == campaign_targets.c.customer_id, newest.c.place == 1)
    query = (
        select(
            campaign_targets.c.arm, func.count(), _count(newest, CHURNED), _count(newest, STAYED)
        )
        .select_from(campaign_targets.outerjoin(newest, same))
        .where(
            campaign_targets.c.plan_id == plan_id,
            literals(campaign_targets.c.arm, ARMS.codes("treated", "control")),
        )
        .group_by(campaign_targets.c.arm)
        .order_by(campaign_targets.c.arm)
    )
    return [
        ArmChurn(ARMS.word(arm), customers, int(left), int(kept))
        for arm, customers, left, kept in conn.execute(query)
    ]


def _newest_churn(since_ms: int, until_ms: int) -> Subquery:
    newest_first = (
        outcomes.c.reported_at.desc(),
        outcomes.c.occurred_at.desc(),
        outcomes.c.source_id.desc(),
    )
    place = func.row_number().over(partition_by=outcomes.c.customer_id, order_by=newest_first)
    return (
        select(outcomes.c.customer_id, outcomes.c.kind, place.label("place"))
        .where(
            literals(outcomes.c.kind, (CHURNED, STAYED)),
            outcomes.c.occurred_at >= since_ms,
            outcomes.c.occurred_at < until_ms,
        )
        .subquery()
    )


def _count(newest: Subquery, kind: int) -> ColumnElement[int]:
    return func.sum(case((newest.c.kind == kind, 1), else_=0))


def _known(conn: Connection, source_ids: Sequence[str]) -> dict[str, tuple[OutcomeRow, int]]:
    known: dict[str, tuple[OutcomeRow, int]] = {}
    columns = [outcomes.c[name] for name in OutcomeRow._fields]
    query = select(*columns, outcomes.c.reported_at).where(
        outcomes.c.source_id.in_(bindparam("ids", expanding=True))
    )
    for start in range(0, len(source_ids), BATCH_ROWS):
        for row in conn.execute(query, {"ids": list(source_ids[start : start + BATCH_ROWS])}):
            stored = OutcomeRow(*row[:-1])
            stored = stored._replace(kind=OUTCOME_KINDS.word(row.kind))
            known[row.source_id] = stored, row.reported_at
    return known


def _upsert(conn: Connection, rows: Sequence[OutcomeRow], reported_at: int) -> None:
    statement = insert(conn, outcomes)
    changing = ("customer_id", "kind", "value", "occurred_at", "campaign_id", "reported_at")
    statement = statement.on_conflict_do_update(
        index_elements=[outcomes.c.source_id],
        set_={name: statement.excluded[name] for name in changing},
        where=outcomes.c.reported_at <= statement.excluded.reported_at,
    )
    values = [
        {**row._asdict(), "kind": OUTCOME_KINDS.code(row.kind), "reported_at": reported_at}
        for row in rows
    ]
    conn.execute(statement, values)
