import time
from typing import Any

import pytest
from sqlalchemy import Connection, Select, func, select

from marketing_service.store import dialect, plans
from marketing_service.store.engine import Database
from marketing_service.store.tables import campaign_targets, campaigns, customers, jobs
from marketing_service.store.words import TARGET_STATES

COLUMNS = ("plan_id", "customer_id", "arm", "reason", "state", "cost", "detail", "next_at")
STATE = campaign_targets.c.state
DUE = dialect.literals(STATE, TARGET_STATES.codes("queued", "deferred"))
LEASED = dialect.literals(STATE, TARGET_STATES.codes("leased"))
OPEN = dialect.literals(STATE, TARGET_STATES.codes("sending", "unknown"))


def _fill(conn: Connection, rows: int) -> int:
    """Stage one plan of `rows` targets of which most are not to be sent; return its id."""
    conn.execute(
        campaigns.insert().values(
            slug="spring", status=5, spec={}, spec_digest="", author="", created_at=0
        )
    )
    campaign_id = conn.execute(select(campaigns.c.id)).scalar_one()
    plan = plans.create(conn, campaign_id, now_ms=0)
    fields = ("id", "external_id", "attrs", "row_hash", "schema_digest", "updated_at")
    people = ((n, f"c{n}", "{}", b"", "", 0) for n in range(1, rows + 1))
    dialect.bulk_load(conn, customers, fields, people)
    targets = (
        (plan.id, n, 1, 0, 0 if n % 50 == 0 else 3, 0.5, None, n) for n in range(1, rows + 1)
    )
    dialect.bulk_load(conn, campaign_targets, COLUMNS, targets)
    dialect.analyze(conn, campaign_targets)
    return plan.id


def _plan_of(conn: Connection, query: Select[Any]) -> str:
    compiled = query.compile(conn, compile_kwargs={"render_postcompile": True})
    explain, values = "EXPLAIN ", compiled.params
    if dialect.is_sqlite(conn):
        explain = "EXPLAIN QUERY PLAN "
        values = tuple(compiled.params[name] for name in compiled.positiontup)
    rows = conn.exec_driver_sql(explain + str(compiled), values).all()
    return "\n".join(" ".join(map(str, row)) for row in rows)


def test_a_bulk_load_keeps_every_value_and_says_how_many(database: Database) -> None:
    with database.write() as conn:
        plan_id = _fill(conn, 25_001)

    with database.read() as conn:
        assert conn.execute(select(func.count()).select_from(campaign_targets)).scalar() == 25_001
        row = conn.execute(
            select(campaign_targets).where(campaign_targets.c.customer_id == 25_001)
        ).one()
    assert (row.plan_id, row.arm, row.state, row.cost, row.detail) == (plan_id, 1, 3, 0.5, None)


def test_an_empty_bulk_load_does_nothing(database: Database) -> None:
    with database.write() as conn:
        assert dialect.bulk_load(conn, campaign_targets, COLUMNS, []) == 0


CUSTOMER, PLAN = campaign_targets.c.customer_id, campaign_targets.c.plan_id
HOT = {
    "ix_campaign_targets_due": select(CUSTOMER)
    .where(DUE, PLAN == 1, campaign_targets.c.next_at <= 5_000)
    .order_by(campaign_targets.c.next_at)
    .limit(500),
    "ix_campaign_targets_lease": select(CUSTOMER).where(
        LEASED, campaign_targets.c.lease_until < 5_000
    ),
    "ix_campaign_targets_open": select(CUSTOMER).where(OPEN, PLAN == 1),
}


@pytest.mark.parametrize("index", HOT)
def test_the_hot_statements_use_their_partial_index(database: Database, index: str) -> None:
    with database.write() as conn:
        _fill(conn, 20_000)
        if not dialect.is_sqlite(conn):
            conn.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        found = _plan_of(conn, HOT[index])

    assert index in found
    assert "TEMP B-TREE" not in found


def test_states_stand_in_the_statement_as_in_the_index() -> None:
    query = select(jobs.c.id).where(DUE, LEASED)

    compiled = str(query.compile(compile_kwargs={"render_postcompile": True}))

    assert "state IN (0, 5)" in compiled
    assert "state = 1" in compiled


def test_the_clock_of_the_database_is_ours_within_a_minute(database: Database) -> None:
    with database.read() as conn:
        assert abs(dialect.now_ms(conn) - time.time() * 1_000) < 60_000


def test_analyze_leaves_statistics(database: Database) -> None:
    with database.write() as conn:
        _fill(conn, 1_000)

    with database.read() as conn:
        query = (
            "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'campaign_targets'"
            if dialect.is_sqlite(conn)
            else "SELECT count(*) FROM pg_stats WHERE tablename = 'campaign_targets'"
        )
        assert conn.exec_driver_sql(query).scalar_one() > 0
