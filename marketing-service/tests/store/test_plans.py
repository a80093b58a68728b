import pytest

from marketing_service.errors import UnknownPlanError
from marketing_service.store import campaigns, plans
from marketing_service.store.engine import Database


def _campaign(database: Database) -> int:
    with database.write() as conn:
        return campaigns.save(
            conn, slug="spring", spec={}, spec_digest="s1", author="ann", now_ms=1
        ).id


def test_a_plan_begins_with_its_first_page(database: Database) -> None:
    campaign_id = _campaign(database)
    with database.write() as conn:
        plan = plans.create(conn, campaign_id, now_ms=5)

    assert (plan.stage, plan.page_cursor, plan.created_at) == ("pages", 0, 5)
    assert not plan.is_done


def test_a_checkpoint_keeps_what_was_pinned_before(database: Database) -> None:
    campaign_id = _campaign(database)
    with database.write() as conn:
        plan_id = plans.create(conn, campaign_id, now_ms=5).id
        plans.checkpoint(
            conn, plan_id, stage="pages", page_cursor=7, model_version="v1", schema_digest="d1"
        )
        plans.checkpoint(conn, plan_id, stage="choose", page_cursor=0)
        plan = plans.get(conn, plan_id)

    assert (plan.stage, plan.page_cursor) == ("choose", 0)
    assert (plan.model_version, plan.schema_digest) == ("v1", "d1")


def test_a_finished_plan_has_summary_and_digest_and_is_no_longer_open(database: Database) -> None:
    campaign_id = _campaign(database)
    with database.write() as conn:
        plan_id = plans.create(conn, campaign_id, now_ms=5).id
        assert plans.unfinished(conn, campaign_id) is not None
        plan = plans.finish(conn, plan_id, summary={"contacts": 3}, digest="abc", now_ms=9)
        assert plans.unfinished(conn, campaign_id) is None
        assert plans.latest(conn, campaign_id) == plan

    assert (plan.summary, plan.digest, plan.planned_at) == ({"contacts": 3}, "abc", 9)
    assert plan.is_done


def test_the_newest_plan_is_the_latest(database: Database) -> None:
    campaign_id = _campaign(database)
    with database.write() as conn:
        plans.create(conn, campaign_id, now_ms=5)
        second = plans.create(conn, campaign_id, now_ms=6)
        assert plans.latest(conn, campaign_id) == second


def test_a_campaign_without_a_plan_has_none(database: Database) -> None:
    campaign_id = _campaign(database)
    with database.read() as conn:
        assert plans.latest(conn, campaign_id) is None
        with pytest.raises(UnknownPlanError, match="no plan 99"):
            plans.get(conn, 99)
