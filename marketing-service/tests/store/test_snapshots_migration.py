"""From a filled database of the first release to snapshots of attributes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from marketing_service.migrations import check, current_revision, drift, revisions, upgrade
from marketing_service.store.engine import Database

FILL = """
    INSERT INTO customers (external_id, attrs, row_hash, schema_digest, updated_at)
    VALUES ('A-1', '{"tenure": 3}', {hash}, 'd', 1);
    INSERT INTO campaigns (slug, status, spec, spec_digest, author, created_at)
    VALUES ('old', 7, '{}', 's', 'ann', 1);
    INSERT INTO plans (campaign_id, stage, page_cursor, created_at) VALUES (1, 'done', 0, 1);
    INSERT INTO campaign_targets (plan_id, customer_id, arm, reason, state)
    VALUES (1, 1, 1, 0, 3)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def first_release(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a database of the first release with a finished campaign in it."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/first.sqlite")
    else:
        database = Database(request.getfixturevalue("empty_postgres_url"))
    with revisions._migrating(database) as connection:
        command.upgrade(revisions._config(connection), "0001")
    spelled = "x'00ff'" if request.param == "sqlite" else "'\\x00ff'"
    with database.write() as conn:
        for statement in FILL.split(";"):
            conn.exec_driver_sql(statement.replace("{hash}", spelled))
    yield database
    database.close()


def test_a_filled_database_of_the_first_release_is_brought_up(first_release: Database) -> None:
    assert current_revision(first_release) == "0001"

    upgrade(first_release)

    assert check(first_release) is None
    assert drift(first_release) == []


def test_the_targets_of_older_plans_stay_and_have_no_snapshot(first_release: Database) -> None:
    upgrade(first_release)

    with first_release.read() as conn:
        row = conn.execute(text("SELECT customer_id, state, row_hash FROM campaign_targets")).one()
        snapshots = conn.execute(text("SELECT count(*) FROM attribute_snapshots")).scalar_one()
    assert tuple(row) == (1, 3, None)
    assert snapshots == 0
