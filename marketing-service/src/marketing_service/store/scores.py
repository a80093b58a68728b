"""What each model version said of each customer."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from marketing_service.store.customers import Attributes
from marketing_service.store.dialect import insert
from marketing_service.store.tables import customers, scores


class Score(NamedTuple):
    """One churn probability with the model version that gave it."""

    model_version: str
    p: float
    scored_at: int


class ScoredCustomer(NamedTuple):
    """A customer as the planner reads it; `p` is None where that version gave no score."""

    id: int
    external_id: str
    email: str | None
    attrs: Attributes
    p: float | None


def save(
    conn: Connection, model_version: str, found: Iterable[tuple[int, float]], *, now_ms: int
) -> None:
    """Keep churn probabilities by row number of the customer; older ones are overwritten."""
    rows = [
        {"customer_id": customer_id, "model_version": model_version, "p": p, "scored_at": now_ms}
        for customer_id, p in found
    ]
    if not rows:
        return
    statement = insert(conn, scores)
    statement = statement.on_conflict_do_update(
        index_elements=[scores.c.customer_id, scores.c.model_version],
        set_={"p": statement.excluded.p, "scored_at": statement.excluded.scored_at},
    )
    conn.execute(statement, rows)


def page(
    conn: Connection, model_version: str, *, after: int = 0, limit: int = 10_000
) -> list[ScoredCustomer]:
    """Return the next customers behind row number `after` with their scores."""
    same = and_(scores.c.customer_id == customers.c.id, scores.c.model_version == model_version)
    query = (
        select(
            customers.c.id,
            customers.c.external_id,
            customers.c.email,
            customers.c.attrs,
            scores.c.p,
        )
        .select_from(customers.outerjoin(scores, same))
        .where(customers.c.id > after, customers.c.erased_at.is_(None))
        .order_by(customers.c.id)
        .limit(limit)
    )
    return [ScoredCustomer(*row) for row in conn.execute(query)]


def latest(conn: Connection, customer_id: int) -> Score | None:
    """Return the newest score of one customer, by its row number."""
    query = (
        select(scores.c.model_version, scores.c.p, scores.c.scored_at)
        .where(scores.c.customer_id == customer_id)
        .order_by(scores.c.scored_at.desc(), scores.c.model_version)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return Score(*row) if row else None
