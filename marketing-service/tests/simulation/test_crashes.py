"""Workers that die, freeze or meet, under a clock that may step; one seed, one story."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from marketing_service.messengers.protocol import SendResult, SendState
from marketing_service.store.engine import Database
from marketing_service.store.targets import list_targets

Launch = Callable[..., Any]
Start = Callable[..., Any]
WINDOW = 4
HOUR_MS = 3_600_000


class Crash(BaseException):
    """The process is gone: nothing after this line runs in it."""


def crash_at(worker: Any, number: int, *, is_delivered: bool) -> None:
    """Let the worker die at its n-th message, before or after it was delivered."""
    count = 0

    def plan(message: Any) -> SendResult:
        nonlocal count
        count += 1
        if count == number and not is_delivered:
            raise Crash
        result = worker.messenger.deliver(message)
        if count == number:
            raise Crash
        return result

    worker.messenger.plan = plan


def run_until_crash(worker: Any) -> None:
    with pytest.raises(Crash):
        worker.run()


@pytest.mark.parametrize("number", [1, 4, 5])
@pytest.mark.parametrize("is_delivered", [False, True])
def test_a_crash_at_any_message_loses_nobody_and_mails_nobody_twice(
    database: Database,
    running_campaign: Launch,
    start: Start,
    world: Any,
    number: int,
    is_delivered: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    campaign = running_campaign(database, treated=13, control=2)
    first = start(database, window=WINDOW)
    crash_at(first, number, is_delivered=is_delivered)
    run_until_crash(first)
    start(database, window=WINDOW).run()
    check(campaign, world, crashes=1)
    in_doubt = campaign.counts()["unknown"]
    assert 1 <= in_doubt <= WINDOW


@pytest.mark.parametrize("seed", range(8))
def test_random_stories_of_crashes_faults_and_clock_steps_keep_the_promise(
    sqlite_database: Database, running_campaign: Launch, start: Start, world: Any, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    campaign = running_campaign(sqlite_database, treated=60, control=5)
    crashes = 0
    for _ in range(4):
        worker = start(sqlite_database, window=WINDOW)
        crash_at(worker, chance.randint(1, 14), is_delivered=chance.random() < 0.5)
        try:
            worker.run()
        except Crash:
            crashes += 1
        world.wall_ms += chance.choice([-HOUR_MS, 0, HOUR_MS])
        check(campaign, world, crashes, is_over=False)
    last = start(sqlite_database, window=WINDOW)
    last.messenger.plan = lambda message: (
        SendResult(SendState.DEFERRED, 450, "later")
        if chance.random() < 0.2
        else last.messenger.deliver(message)
    )
    while not last.run(20)[-1].finished:
        world.pass_time(600)
    check(campaign, world, crashes)


def test_a_dead_workers_leases_are_free_after_the_observers_patience(
    database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(database, treated=10, control=0)
    first = start(database)
    crash_at(first, 1, is_delivered=False)
    run_until_crash(first)
    second = start(database)
    second.step()
    world.pass_time(3.5)
    second.step()
    assert campaign.counts()["leased"] == 6
    world.pass_time(1.0)
    second.run(6)
    assert campaign.counts() == {"sending": 4, "sent": 6}
    assert "worker.declared_dead" in second.log.getvalue()


def test_rows_in_doubt_become_unknown_after_the_settling_time_and_are_listed(
    database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(database, treated=4, control=0)
    first = start(database)
    crash_at(first, 2, is_delivered=True)
    run_until_crash(first)
    second = start(database)
    second.step()
    world.pass_time(5.0)
    second.step()
    world.pass_time(1.5)
    second.step()
    world.pass_time(19.0)
    second.step()
    assert campaign.counts() == {"sending": 4}
    world.pass_time(1.5)
    assert second.step().settled == 4
    second.run()
    with database.read() as conn:
        assert len(list_targets(conn, campaign.plan_id, state="unknown")) == 4
    assert campaign.status() == "finished_with_unknown"
    assert sum(world.arrived.values()) == 2


@pytest.mark.parametrize("step_ms", [-HOUR_MS, HOUR_MS])
def test_a_clock_that_steps_kills_no_living_worker(
    database: Database, running_campaign: Launch, start: Start, world: Any, step_ms: int
) -> None:
    campaign = running_campaign(database, treated=20, control=0)
    first, second = start(database), start(database)
    for _ in range(3):
        first.step()
        second.step()
        world.wall_ms += step_ms
        world.pass_time(1.0)
    for worker in (first, second) * 10:
        worker.step()
        world.pass_time(0.1)
    assert "declared_dead" not in first.log.getvalue() + second.log.getvalue()
    assert campaign.counts() == {"sent": 20}
    assert set(world.arrived.values()) == {1}


def test_a_worker_that_froze_past_its_lease_sends_nothing_of_it(
    database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(database, treated=20, control=0)
    frozen = start(database)
    frozen.step()
    other = start(database)
    other.step()
    world.pass_time(5.0)
    other.run()
    before = sum(world.arrived.values())
    frozen.messenger.plan = frozen.messenger.deliver
    frozen.step()
    frozen.run(10)
    assert sum(world.arrived.values()) == before == 20
    assert campaign.counts() == {"sent": 20}


def test_a_worker_that_woke_up_writes_what_it_had_sent_and_starts_a_new_life(
    database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(database, treated=4, control=0)
    frozen, other = start(database), start(database)
    frozen.step()
    first_epoch = frozen.membership.epoch
    other.step()
    world.pass_time(5.0)
    other.step()
    frozen.membership.beat()
    assert frozen.membership.epoch is None
    frozen.step()
    assert frozen.membership.epoch > first_epoch
    assert campaign.counts() == {"sent": 4}


def test_a_worker_that_leaves_twice_or_never_joined_changes_nothing(
    sqlite_database: Database, start: Start
) -> None:
    worker = start(sqlite_database)
    assert not worker.membership.beat()
    worker.membership.leave()
    worker.membership.resign()
    with sqlite_database.write() as conn:
        assert not worker.membership.may_send(conn)
    assert worker.membership.epoch is None


def test_a_lease_is_refused_to_a_worker_whose_life_ended_just_now(
    sqlite_database: Database, running_campaign: Launch, start: Start
) -> None:
    campaign = running_campaign(sqlite_database, treated=4, control=0)
    worker = start(sqlite_database)
    assert worker.sender._desk.claim(campaign.sendable, 4) is None
    assert campaign.counts() == {"queued": 4}


def test_leases_that_ended_by_time_are_free_for_all(
    sqlite_database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(sqlite_database, treated=10, control=0)
    worker = start(sqlite_database)
    worker.step()
    world.pass_time(61.0)
    worker.run()
    assert campaign.counts() == {"sent": 10}
    assert set(world.arrived.values()) == {1}


def test_a_second_worker_on_sqlite_waits_for_the_leader(
    sqlite_database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    running_campaign(sqlite_database, treated=30, control=0)
    leader, other = start(sqlite_database), start(sqlite_database)
    for _ in range(8):
        leader.step()
        assert other.step().attempted == 0
        world.pass_time(1.0)
    assert sum(world.arrived.values()) >= 20
    leader.sender.close()
    assert other.step().attempted == 4


def test_two_workers_on_postgresql_share_a_campaign(
    postgresql_database: Database, running_campaign: Launch, start: Start, world: Any
) -> None:
    campaign = running_campaign(postgresql_database, treated=40, control=0)
    first, second = start(postgresql_database), start(postgresql_database)
    sent = [0, 0]
    for _ in range(8):
        for index, worker in enumerate((first, second)):
            sent[index] += worker.step().attempted
            world.pass_time(0.1)
    assert min(sent) >= 10
    assert campaign.counts() == {"sent": 40}
    assert set(world.arrived.values()) == {1}


def check(campaign: Any, world: Any, crashes: int, *, is_over: bool = True) -> None:
    """Compare what arrived with what the database says of every target."""
    states, counts = campaign.states(), campaign.counts()
    assert sum(counts.values()) == len(states) == campaign.customers
    assert all(list(states.values()).count(state) == n for state, n in counts.items())
    assert max(world.arrived.values(), default=0) <= 1
    assert counts.get("unknown", 0) + counts.get("sending", 0) <= WINDOW * crashes + WINDOW
    arrived = sum(world.arrived.values())
    assert arrived >= counts.get("sent", 0)
    if is_over:
        assert set(states.values()) <= {"sent", "unknown", "control"}
        assert counts.get("unknown", 0) <= WINDOW * crashes
        assert arrived <= counts.get("sent", 0) + counts.get("unknown", 0)
