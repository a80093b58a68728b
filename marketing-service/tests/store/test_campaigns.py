import threading

import pytest

from marketing_service.campaign import CampaignEvent, CampaignStatus
from marketing_service.errors import (
    AudienceChangedError,
    CampaignExistsError,
    CampaignStateError,
    ServiceError,
    UnknownCampaignError,
    UnknownPlanError,
)
from marketing_service.store import audit, campaigns, plans
from marketing_service.store.campaigns import Campaign
from marketing_service.store.engine import Database


def _save(database: Database, slug: str = "spring", digest: str = "s1") -> Campaign:
    with database.write() as conn:
        return campaigns.save(
            conn, slug=slug, spec={"b": 1, "a": [2.5]}, spec_digest=digest, author="ann", now_ms=1
        )


def _step(database: Database, campaign: Campaign, *events: CampaignEvent) -> Campaign:
    for event in events:
        with database.write() as conn:
            campaign = campaigns.move(conn, campaign.id, event, actor="bob", now_ms=2)
    return campaign


def _planned(database: Database, digest: str = "p1") -> Campaign:
    campaign = _step(database, _save(database), CampaignEvent.PLAN)
    with database.write() as conn:
        plan = plans.create(conn, campaign.id, now_ms=3)
        plans.finish(conn, plan.id, summary={}, digest=digest, now_ms=4)
        return campaigns.move(
            conn, campaign.id, CampaignEvent.PLAN_DONE, actor="worker", now_ms=4, plan_id=plan.id
        )


def _launch(database: Database, campaign: Campaign, expect: str | None = None) -> Campaign:
    with database.write() as conn:
        return campaigns.launch(conn, campaign.id, expect=expect, actor="bob", now_ms=8)


def _actions(database: Database) -> list[str]:
    with database.read() as conn:
        return [entry.action for entry in reversed(audit.page(conn))]


def test_a_new_file_is_a_draft(database: Database) -> None:
    campaign = _save(database)

    assert (campaign.slug, campaign.status) == ("spring", CampaignStatus.DRAFT)
    assert campaign.spec == {"a": [2.5], "b": 1}
    assert _actions(database) == ["campaign.create"]


def test_the_same_file_again_is_the_same_campaign(database: Database) -> None:
    first = _save(database)

    assert _save(database) == first
    assert _actions(database) == ["campaign.create"]


def test_another_file_of_that_name_replaces_a_planned_one_and_drops_the_plan(
    database: Database,
) -> None:
    campaign = _planned(database)

    edited = _save(database, digest="s2")

    assert (edited.id, edited.status) == (campaign.id, CampaignStatus.DRAFT)
    assert (edited.spec_digest, edited.active_plan_id) == ("s2", None)
    assert _actions(database)[-1] == "campaign.edit"


def test_the_name_of_a_launched_campaign_is_taken(database: Database) -> None:
    _launch(database, _planned(database))

    with pytest.raises(CampaignExistsError, match="give the new file another name"):
        _save(database, digest="s2")


def test_campaigns_are_found_by_name_number_and_status(database: Database) -> None:
    first, second = _save(database, "a"), _save(database, "b")
    _step(database, second, CampaignEvent.PLAN)
    with database.read() as conn:
        assert campaigns.get(conn, "a") == first
        assert campaigns.by_id(conn, first.id) == first
        assert [item.slug for item in campaigns.with_status(conn, CampaignStatus.PLANNING)] == ["b"]
        both = campaigns.with_status(conn, CampaignStatus.PLANNING, CampaignStatus.DRAFT)
        assert [item.slug for item in both] == ["a", "b"]
        assert campaigns.ids_of(conn, ["a", "c"]) == {"a": first.id}


def test_an_unknown_campaign_is_a_404(database: Database) -> None:
    with database.write() as conn:
        for ask in (
            lambda: campaigns.get(conn, "none"),
            lambda: campaigns.by_id(conn, 9),
            lambda: campaigns.move(conn, 9, CampaignEvent.PLAN, actor="a", now_ms=1),
            lambda: campaigns.launch(conn, 9, expect=None, actor="a", now_ms=1),
        ):
            with pytest.raises(UnknownCampaignError):
                ask()


def test_pages_of_campaigns_go_from_new_to_old(database: Database) -> None:
    for slug in "abcde":
        _save(database, slug)
    with database.read() as conn:
        newest = campaigns.page(conn, limit=2)
        older = campaigns.page(conn, before=newest[-1].id)

    assert [campaign.slug for campaign in newest + older] == ["e", "d", "c", "b", "a"]


def test_a_step_is_written_to_the_audit_with_both_statuses(database: Database) -> None:
    campaign = _save(database)
    with database.write() as conn:
        campaigns.move(
            conn, campaign.id, CampaignEvent.PLAN, actor="bob", now_ms=2, detail={"job": 4}
        )
    with database.read() as conn:
        (entry, *_) = audit.page(conn)

    assert (entry.actor, entry.action, entry.object) == ("bob", "campaign.plan", "campaign/spring")
    assert entry.diff == {"status": ["draft", "planning"], "job": 4}


def test_a_refused_step_changes_nothing(database: Database) -> None:
    campaign = _save(database)

    with pytest.raises(CampaignStateError):
        _step(database, campaign, CampaignEvent.PAUSE)

    with database.read() as conn:
        assert campaigns.get(conn, "spring") == campaign
    assert _actions(database) == ["campaign.create"]


def test_a_paused_campaign_shows_why_until_it_goes_on(database: Database) -> None:
    campaign = _launch(database, _planned(database))
    with database.write() as conn:
        paused = campaigns.move(
            conn, campaign.id, CampaignEvent.BREAKER, actor="worker", now_ms=9, reason="5 % refused"
        )
    resumed = _step(database, campaign, CampaignEvent.RESUME)

    assert (paused.status, paused.pause_reason) == (CampaignStatus.PAUSED, "5 % refused")
    assert (resumed.status, resumed.pause_reason) == (CampaignStatus.RUNNING, None)
    assert resumed.launched_at == campaign.launched_at


def test_launching_notes_when_and_finishing_too(database: Database) -> None:
    launched = _launch(database, _planned(database), expect="p1")
    finished = _step(database, launched, CampaignEvent.DRAINED_WITH_UNKNOWN)
    settled = _step(database, finished, CampaignEvent.UNKNOWN_SETTLED)

    assert (launched.status, launched.launched_at) == (CampaignStatus.RUNNING, 8)
    assert (finished.finished_at, settled.finished_at) == (2, 2)
    assert settled.status is CampaignStatus.FINISHED


def test_a_second_launch_changes_nothing(database: Database) -> None:
    launched = _launch(database, _planned(database), expect="p1")
    before = _actions(database)

    assert _launch(database, launched, expect="p1") == launched
    assert _actions(database) == before


def test_a_launch_of_another_plan_than_the_one_seen_is_refused(database: Database) -> None:
    with pytest.raises(AudienceChangedError, match="now has the digest p1"):
        _launch(database, _planned(database), expect="p0")


def test_a_launch_before_planning_is_refused(database: Database) -> None:
    campaign = _save(database)
    with pytest.raises(CampaignStateError):
        _launch(database, campaign)


def test_a_planned_campaign_whose_plan_is_missing_is_not_launched(database: Database) -> None:
    campaign = _step(database, _save(database), CampaignEvent.PLAN, CampaignEvent.PLAN_DONE)

    with pytest.raises(UnknownPlanError, match="plan it first"):
        _launch(database, campaign)


def test_a_cancelled_campaign_cannot_be_launched_again(database: Database) -> None:
    campaign = _step(database, _launch(database, _planned(database)), CampaignEvent.CANCEL)

    with pytest.raises(CampaignStateError):
        _launch(database, campaign)


def test_of_two_people_who_plan_at_once_the_second_is_refused(database: Database) -> None:
    campaign = _save(database)
    refusals: list[ServiceError] = []

    def plan() -> None:
        try:
            _step(database, campaign, CampaignEvent.PLAN)
        except CampaignStateError as error:
            refusals.append(error)

    second = threading.Thread(target=plan)
    with database.write() as conn:
        campaigns.move(conn, campaign.id, CampaignEvent.PLAN, actor="ann", now_ms=2)
        second.start()
        second.join(timeout=0.3)
        assert second.is_alive()
    second.join()

    assert len(refusals) == 1
    assert _actions(database) == ["campaign.create", "campaign.plan"]
