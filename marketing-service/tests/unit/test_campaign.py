import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_service.campaign import (
    EDITABLE,
    LIVE,
    CampaignEvent,
    CampaignStatus,
    allowed_events,
    next_status,
)
from marketing_service.errors import CampaignStateError

S, E = CampaignStatus, CampaignEvent


@pytest.mark.parametrize(
    ("status", "event", "expected"),
    [
        (S.DRAFT, E.PLAN, S.PLANNING),
        (S.PLANNING, E.PLAN_DONE, S.PLANNED),
        (S.PLANNING, E.PLAN_FAILED, S.DRAFT),
        (S.PLANNED, E.PLAN, S.PLANNING),
        (S.PLANNED, E.EDIT, S.DRAFT),
        (S.PLANNED, E.APPROVE, S.PLANNED),
        (S.PLANNED, E.LAUNCH, S.RUNNING),
        (S.PLANNED, E.SCHEDULE, S.SCHEDULED),
        (S.SCHEDULED, E.DUE, S.RUNNING),
        (S.SCHEDULED, E.LATE, S.HELD),
        (S.SCHEDULED, E.UNSCHEDULE, S.PLANNED),
        (S.HELD, E.LAUNCH, S.RUNNING),
        (S.RUNNING, E.PAUSE, S.PAUSED),
        (S.RUNNING, E.BREAKER, S.PAUSED),
        (S.PAUSED, E.RESUME, S.RUNNING),
        (S.RUNNING, E.DRAINED, S.FINISHED),
        (S.RUNNING, E.DRAINED_WITH_UNKNOWN, S.FINISHED_WITH_UNKNOWN),
        (S.FINISHED_WITH_UNKNOWN, E.UNKNOWN_SETTLED, S.FINISHED),
        (S.RUNNING, E.CANCEL, S.CANCELLED),
        (S.RUNNING, E.EXPIRE, S.EXPIRED),
        (S.HELD, E.EXPIRE, S.EXPIRED),
    ],
)
def test_a_campaign_lives_as_the_table_says(
    status: CampaignStatus, event: CampaignEvent, expected: CampaignStatus
) -> None:
    assert next_status(status, event) is expected


def test_a_step_out_of_turn_is_refused_with_the_steps_that_are_open() -> None:
    with pytest.raises(
        CampaignStateError, match=r"is draft cannot take the step launch; it allows"
    ):
        next_status(S.DRAFT, E.LAUNCH)


@pytest.mark.parametrize("status", [S.FINISHED, S.EXPIRED, S.CANCELLED])
def test_nothing_happens_to_a_campaign_that_is_over(status: CampaignStatus) -> None:
    assert allowed_events(status) == ()
    with pytest.raises(CampaignStateError, match="it allows nothing"):
        next_status(status, E.LAUNCH)


def test_only_campaigns_not_yet_launched_can_be_edited() -> None:
    assert set(EDITABLE) == {S.DRAFT, S.PLANNED}


@given(st.sampled_from(S), st.sampled_from(E))
def test_allowed_events_and_steps_agree(status: CampaignStatus, event: CampaignEvent) -> None:
    try:
        next_status(status, event)
    except CampaignStateError:
        assert event not in allowed_events(status)
    else:
        assert event in allowed_events(status)


@given(st.lists(st.sampled_from(E), max_size=30))
def test_no_path_leads_back_from_launched_to_planning(events: list[CampaignEvent]) -> None:
    status, was_running = S.DRAFT, False
    for event in events:
        if event in allowed_events(status):
            status = next_status(status, event)
            was_running |= status is S.RUNNING
        assert not (was_running and status in {S.DRAFT, S.PLANNING, S.PLANNED})


def test_every_live_campaign_can_expire_and_no_other() -> None:
    assert {status for status in S if E.EXPIRE in allowed_events(status)} == set(LIVE)
