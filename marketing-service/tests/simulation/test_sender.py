from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from marketing_service.campaign import CampaignEvent
from marketing_service.messengers.protocol import SendResult, SendState
from marketing_service.outbox.ending import Ending
from marketing_service.store.engine import Database
from marketing_service.store.targets import list_targets

Launch = Callable[..., Any]
Start = Callable[..., Any]


def test_a_campaign_is_sent_to_the_end_and_finishes(
    database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(database, treated=23, control=5)
    progress = start(database).run()
    assert campaign.counts() == {"sent": 23, "control": 5}
    assert sorted(world.arrived.values()) == [1] * 23
    assert progress[-1].finished == ("spring",)
    assert campaign.status() == "finished"
    assert sum(step.states["sent"] for step in progress) == 23


def test_states_always_add_up_to_the_targets(
    sqlite_database: Database, running_campaign: Launch, start: Start
) -> None:
    campaign = running_campaign(sqlite_database, treated=23, control=5)
    worker = start(sqlite_database)
    while not worker.step().finished:
        counts = campaign.counts()
        states = list(campaign.states().values())
        assert counts == {state: states.count(state) for state in counts}
        assert sum(counts.values()) == len(states) == 28


def test_several_campaigns_take_turns(
    sqlite_database: Database, running_campaign: Launch, start: Start
) -> None:
    first = running_campaign(sqlite_database, treated=25, slug="one")
    second = running_campaign(sqlite_database, treated=25, slug="two")
    worker = start(sqlite_database)
    for _ in range(8):
        worker.step()
    assert first.counts().get("sent")
    assert second.counts().get("sent")


def test_a_second_campaign_of_the_same_customers_has_other_message_ids(
    sqlite_database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    running_campaign(sqlite_database, treated=3, slug="one")
    running_campaign(sqlite_database, treated=3, slug="two")
    worker = start(sqlite_database)
    worker.run()
    worker.run()
    assert len({message_id for message_id, _ in world.arrived}) == 6


def test_a_deferred_target_is_tried_again_when_its_time_has_come(
    database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(database, treated=3, control=0)
    worker = start(database)
    worker.messenger.plan = lambda _: SendResult(SendState.DEFERRED, 450, "later")
    for _ in range(3):
        worker.step()
    assert campaign.counts() == {"deferred": 3}
    worker.messenger.plan = worker.messenger.deliver
    worker.run(5)
    assert not world.arrived
    world.pass_time(61)
    worker.run()
    assert campaign.counts() == {"sent": 3}
    with database.read() as conn:
        assert {row.attempt for row in list_targets(conn, campaign.plan_id)} == {2}


def test_a_target_is_given_up_after_days_of_deferrals(
    sqlite_database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(sqlite_database, treated=1, control=0)
    worker = start(sqlite_database)
    worker.messenger.plan = lambda _: SendResult(SendState.DEFERRED, 450, "later")
    for _ in range(30):
        worker.run(3)
        world.pass_time(4 * 3_600)
    with sqlite_database.read() as conn:
        (row,) = list_targets(conn, campaign.plan_id)
    assert (row.state, row.code) == ("failed", 450)
    assert row.detail is not None
    assert row.detail.startswith("Given up after")
    assert campaign.status() == "finished"


def test_a_message_that_cannot_be_made_fails_without_stopping_the_others(
    sqlite_database: Database, running_campaign: Launch, start: Start
) -> None:
    campaign = running_campaign(
        sqlite_database, control=0, treated=3, emails=["a@example.test", "b c", "d@example.test"]
    )
    start(sqlite_database).run()
    with sqlite_database.read() as conn:
        (row,) = list_targets(conn, campaign.plan_id, state="failed")
    assert row.detail == "to: this is no address of the form name@domain."
    assert campaign.counts() == {"sent": 2, "failed": 1}


def test_a_window_of_messages_that_cannot_be_made_bothers_no_channel(
    sqlite_database: Database, running_campaign: Launch, start: Start
) -> None:
    campaign = running_campaign(sqlite_database, control=0, treated=2, emails=["a", "b"])
    worker = start(sqlite_database)
    worker.messenger.plan = lambda _: pytest.fail("the channel was used")
    worker.run()
    assert campaign.counts() == {"failed": 2}


def test_a_broken_template_pauses_its_campaign_and_says_why(
    sqlite_database: Database, running_campaign: Launch, start: Start
) -> None:
    message = {"subject": "{{", "text": "t", "from": "shop@example.test"}
    broken = running_campaign(sqlite_database, slug="broken", spec={"message": message})
    fine = running_campaign(sqlite_database, slug="fine", treated=2)
    worker = start(sqlite_database)
    worker.run()
    assert broken.status() == "paused"
    assert broken.counts()["queued"] == 10
    assert fine.counts()["sent"] == 2
    assert "campaign.stopped" in worker.log.getvalue()


@pytest.mark.parametrize("stop", [CampaignEvent.PAUSE, CampaignEvent.CANCEL])
def test_a_stop_works_within_one_window_and_gives_leases_back(
    database: Database, running_campaign: Launch, start: Start, world: Any, stop: CampaignEvent
) -> None:
    campaign = running_campaign(database, treated=30, control=0)
    worker = start(database)
    worker.step()
    campaign.move(stop)
    for _ in range(5):
        worker.step()
    assert sum(world.arrived.values()) == 4
    assert campaign.counts() == {"queued": 26, "sent": 4}


def test_a_paused_campaign_goes_on_after_resuming(
    sqlite_database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(sqlite_database, treated=9, control=0)
    worker = start(sqlite_database)
    worker.step()
    campaign.move(CampaignEvent.PAUSE)
    worker.step()
    campaign.move(CampaignEvent.RESUME)
    worker.run()
    assert campaign.counts() == {"sent": 9}
    assert set(world.arrived.values()) == {1}


def test_the_rate_of_the_campaign_is_kept(
    sqlite_database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    running_campaign(sqlite_database, treated=30, spec={"send": {"max_per_second": 5}})
    worker = start(sqlite_database)
    begin = world.seconds
    worker.run()
    # A burst of one second's worth, then 25 messages at 5 per second.
    assert 5.0 <= world.seconds - begin < 6.5


def test_a_channel_that_is_down_charges_nobody_and_is_left_alone_for_a_while(
    sqlite_database: Database, running_campaign: Launch, start: Start
) -> None:
    campaign = running_campaign(sqlite_database, treated=6, control=0)
    worker = start(sqlite_database)
    worker.messenger.plan = lambda _: SendResult(SendState.CHANNEL_DOWN, None, "no connection")
    worker.step()
    waiting = worker.step()
    assert (waiting.attempted, waiting.wait_seconds, waiting.detail) == (0, 5.0, "no connection")
    assert campaign.counts() == {"queued": 2, "deferred": 4}
    with sqlite_database.read() as conn:
        assert {row.attempt for row in list_targets(conn, campaign.plan_id)} == {0}
    worker.messenger.plan = worker.messenger.deliver
    worker.run()
    assert campaign.counts() == {"sent": 6}


def test_a_campaign_that_a_person_stopped_meanwhile_is_not_moved_again(
    sqlite_database: Database, running_campaign: Launch
) -> None:
    campaign = running_campaign(sqlite_database, treated=0, control=1)
    ending = Ending(sqlite_database, clock=lambda: 0)
    campaign.move(CampaignEvent.CANCEL)
    assert ending.finish(campaign.sendable) == []
    ending.stop(campaign.sendable, "a reason")
    assert campaign.status() == "cancelled"


def test_a_campaign_with_open_targets_does_not_finish(
    sqlite_database: Database, running_campaign: Launch
) -> None:
    campaign = running_campaign(sqlite_database, treated=1, control=1)
    ending = Ending(sqlite_database, clock=lambda: 0)
    assert ending.finish(campaign.sendable) == []
    assert not ending._move(campaign.sendable, None)
    assert campaign.status() == "running"


def test_a_channel_that_raises_leaves_its_window_unknown(
    sqlite_database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(sqlite_database, treated=4, control=0)
    worker = start(sqlite_database)

    def explode(_: Any) -> SendResult:
        raise RuntimeError("defect")

    worker.messenger.plan = explode
    worker.run()
    assert campaign.counts() == {"unknown": 4}
    assert '"event":"message.unknown"' in worker.log.getvalue()
    assert campaign.status() == "finished_with_unknown"
    assert not world.arrived


def test_closing_in_good_order_leaves_nothing_in_doubt(
    database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(database, treated=30, control=0)
    first = start(database)
    first.step()
    first.sender.close()
    assert first.messenger.is_closed
    assert campaign.counts() == {"queued": 26, "sent": 4}
    start(database).run()
    assert campaign.counts() == {"sent": 30}
    assert set(world.arrived.values()) == {1}


def test_a_database_that_fails_is_survived_without_a_second_message(
    sqlite_database: Database,
    running_campaign: Launch,
    start: Start,
    world: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = running_campaign(sqlite_database, treated=10, control=0)
    worker = start(sqlite_database)
    worker.step()
    real = sqlite_database.write

    def broken() -> Any:
        raise OperationalError("BEGIN", {}, Exception("disk full"))

    monkeypatch.setattr(sqlite_database, "write", broken)
    failed = worker.sender.step()
    assert failed.detail == "The database failed."
    assert failed.wait_seconds == 1.0
    assert "sender.database_failed" in worker.log.getvalue()
    monkeypatch.setattr(sqlite_database, "write", real)
    worker.run()
    assert campaign.counts() == {"sent": 10}
    assert set(world.arrived.values()) == {1}


def test_idle_steps_wait_and_send_nothing(sqlite_database: Database, start: Start) -> None:
    progress = start(sqlite_database).step()
    assert (progress.attempted, progress.wait_seconds, progress.finished) == (0, 0.5, ())


def test_no_event_holds_an_address(
    sqlite_database: Database, running_campaign: Launch, start: Start
) -> None:
    running_campaign(sqlite_database, treated=3)
    worker = start(sqlite_database)
    worker.run()
    worker.sender.close()
    assert "worker.joined" in worker.log.getvalue()
    assert "@" not in worker.log.getvalue()
