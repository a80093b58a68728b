"""What campaigns leave to learn from: who was chosen, what was done, what became of them."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from marketing_service.store.dialect import literals
from marketing_service.store.tables import (
    attribute_snapshots,
    campaign_targets,
    customers,
    outcomes,
)
from marketing_service.store.words import ARMS, OUTCOME_KINDS, TARGET_STATES

_CHURN: Final = frozenset({"churned", "stayed"})


class Chosen(NamedTuple):
    """One target of a plan as it was staged and sent, with its attributes of that time."""

    customer_id: int
    external_id: str
    arm: str
    offer: int | None
    p: float | None
    propensity: float | None
    state: str
    sent_at: int | None
    row_hash: bytes | None
    attrs: dict[str, Any] | None


class Fate(NamedTuple):
    """What became of a customer within a window; None where nothing is known."""

    outcome: str | None = None
    churned_at: int | None = None
    redeemed_at: int | None = None
    revenue: float | None = None


def page(conn: Connection, plan_id: int, *, after: int = 0, limit: int = 1_000) -> list[Chosen]:
    """Return the next targets behind a customer's row number, without erased customers."""
    t, s = campaign_targets.c, attribute_snapshots.c
    query = (
        select(
            t.customer_id, customers.c.external_id, t.arm, t.offer, t.p, t.propensity,
            t.state, t.sent_at, t.row_hash, s.attrs,
        )
        .select_from(
            campaign_targets.join(customers, customers.c.id == t.customer_id).outerjoin(
                attribute_snapshots, s.row_hash == t.row_hash
            )
        )
        .where(t.plan_id == plan_id, t.customer_id > after, customers.c.erased_at.is_(None))
        .order_by(t.customer_id)
        .limit(limit)
    )  # fmt: skip
    return [
        Chosen._make(row)._replace(arm=ARMS.word(row.arm), state=TARGET_STATES.word(row.state))
        for row in conn.execute(query)
    ]


def fates(
    conn: Connection, chosen: Sequence[Chosen], *, since_ms: int, until_ms: int
) -> dict[int, Fate]:
    """Return what became of a page of customers from `since_ms` up to, not with, `until_ms`.

    Of several reports whether a customer left the newest decides; revenue adds up.
    """
    if not chosen:
        return {}
    o = outcomes.c
    query = (
        select(o.customer_id, o.kind, o.value, o.occurred_at)
        .where(
            o.customer_id >= chosen[0].customer_id,
            o.customer_id <= chosen[-1].customer_id,
            literals(o.kind, OUTCOME_KINDS.codes(*OUTCOME_KINDS)),
            o.occurred_at >= since_ms,
            o.occurred_at < until_ms,
        )
        .order_by(o.reported_at, o.occurred_at, o.source_id)
    )
    found: dict[int, Fate] = {}
    for customer_id, kind, value, occurred_at in conn.execute(query):
        fate = found.get(customer_id, Fate())
        found[customer_id] = _with(fate, OUTCOME_KINDS.word(kind), value, occurred_at)
    return found


def _with(fate: Fate, kind: str, value: float | None, at: int) -> Fate:
    if kind in _CHURN:
        return fate._replace(outcome=kind, churned_at=at if kind == "churned" else None)
    if kind == "redeemed":
        return fate._replace(redeemed_at=min(at, fate.redeemed_at or at))
    return fate._replace(revenue=(fate.revenue or 0.0) + (value or 0.0))
