"""Claim, mark, record, release and settle, against the table of allowed moves."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from marketing_service.campaign import CampaignEvent
from marketing_service.outbox.states import TargetEvent, TargetState, next_state
from marketing_service.store import customers
from marketing_service.store.claims import (
    Lease,
    Outcome,
    claim,
    has_due,
    has_expired,
    mark_sending,
    orphaned_epochs,
    record_outcomes,
    release_epoch,
    release_expired,
    release_targets,
    sendable_campaigns,
    settle_epoch,
)
from marketing_service.store.engine import Database
from marketing_service.store.targets import (
    StagedTarget,
    analyze_targets,
    list_targets,
    stage_targets,
)
from marketing_service.store.words import TARGET_STATES
from marketing_service.store.workers import register_worker, stop_worker

Launch = Callable[..., Any]


class Actor:
    """A worker with a lease on one campaign."""

    def __init__(self, campaign: Any, name: str = "a") -> None:
        self.campaign = campaign
        self.database: Database = campaign.database
        with self.database.write() as conn:
            self.epoch = register_worker(conn, name, 0)
        self.lease = Lease(campaign.plan_id, self.epoch)

    def claim(self, limit: int = 100, now: int = 1_000) -> list[int]:
        with self.database.write() as conn:
            return claim(conn, self.lease, limit=limit, now=now, lease_until=now + 60_000)

    def mark(self, ids: list[int]) -> list[Any]:
        with self.database.write() as conn:
            return mark_sending(conn, self.lease, ids)

    def record(self, *outcomes: Outcome) -> int:
        with self.database.write() as conn:
            return record_outcomes(conn, self.lease, outcomes)

    def die(self) -> None:
        with self.database.write() as conn:
            stop_worker(conn, self.epoch, 0)


@pytest.fixture
def campaign(database: Database, running_campaign: Launch) -> Any:
    return running_campaign(database, treated=6, control=2)


@pytest.fixture
def actor(campaign: Any) -> Actor:
    return Actor(campaign)


def test_a_claim_leases_due_targets_and_no_control_row(actor: Actor, campaign: Any) -> None:
    assert actor.claim(limit=4) == campaign.ids[:4]
    assert campaign.counts() == {"queued": 2, "leased": 4, "control": 2}


def test_two_workers_never_claim_the_same_target(actor: Actor, campaign: Any) -> None:
    other = Actor(campaign, "b")
    first, second = actor.claim(limit=4), other.claim(limit=4)
    assert sorted(first + second) == campaign.ids[:6]


def test_targets_that_are_not_due_are_left_alone(actor: Actor, campaign: Any) -> None:
    (marked,) = actor.mark(actor.claim(limit=1))
    actor.record(_outcome(marked, "deferred", next_at=5_000))
    assert marked.customer_id not in actor.claim(now=4_999)
    assert actor.claim(now=5_000) == [marked.customer_id]
    with campaign.database.read() as conn:
        assert not has_due(conn, campaign.plan_id, 10_000)


@pytest.mark.parametrize("stop", [CampaignEvent.PAUSE, CampaignEvent.CANCEL])
def test_a_stopped_campaign_is_neither_claimed_nor_marked(
    actor: Actor, campaign: Any, stop: CampaignEvent
) -> None:
    ids = actor.claim(limit=2)
    campaign.move(stop)
    assert actor.mark(ids) == []
    assert actor.claim() == []
    with campaign.database.read() as conn:
        assert sendable_campaigns(conn) == []


def test_a_running_campaign_is_sendable_with_its_spec(actor: Actor, campaign: Any) -> None:
    with actor.database.read() as conn:
        assert sendable_campaigns(conn) == [campaign.sendable]


def test_a_mark_counts_the_attempt_and_brings_the_customer(actor: Actor, campaign: Any) -> None:
    first, second = actor.mark(actor.claim(limit=2))
    assert (first.customer_id, first.attempt, first.offer) == (campaign.ids[0], 1, 0)
    assert (first.external_id, first.email) == ("spring-0", "spring-0@example.test")
    assert first.attrs["contract"] == "month-to-month"
    assert len(first.public_id) == 8
    assert first.public_id != second.public_id
    assert campaign.counts() == {"queued": 4, "sending": 2, "control": 2}


def test_a_target_is_marked_only_once(actor: Actor) -> None:
    ids = actor.claim(limit=2)
    assert len(actor.mark(ids)) == 2
    assert actor.mark(ids) == []
    assert actor.mark([]) == []


def test_a_worker_declared_dead_can_neither_mark_nor_claim(actor: Actor) -> None:
    ids = actor.claim(limit=2)
    actor.die()
    assert actor.mark(ids) == []
    assert actor.claim() == []


def test_a_lease_that_moved_to_another_worker_cannot_be_marked(actor: Actor, campaign: Any) -> None:
    ids = actor.claim(limit=2)
    with actor.database.write() as conn:
        assert release_epoch(conn, actor.epoch) == 2
    other = Actor(campaign, "b")
    assert other.claim(limit=2) == ids
    assert actor.mark(ids) == []
    assert len(other.mark(ids)) == 2


@pytest.mark.parametrize(
    "change", ["erased_at = 5", "email = NULL", "public_id = NULL"], ids=lambda text: text[:5]
)
def test_an_erased_customer_is_suppressed_at_the_mark(
    actor: Actor, campaign: Any, change: str
) -> None:
    ids = actor.claim(limit=3)
    with actor.database.write() as conn:
        conn.exec_driver_sql(f"UPDATE customers SET {change} WHERE id = {ids[1]}")  # noqa: S608 - fixed texts
    assert [target.customer_id for target in actor.mark(ids)] == [ids[0], ids[2]]
    with actor.database.read() as conn:
        (row,) = list_targets(conn, campaign.plan_id, state="suppressed")
    assert (row.customer_id, row.reason) == (ids[1], "erased")
    assert campaign.counts() == {"queued": 3, "sending": 2, "control": 2, "suppressed": 1}


@pytest.mark.parametrize("state", ["sent", "deferred", "failed", "unknown"])
def test_an_outcome_is_written_with_its_code_and_words(
    actor: Actor, campaign: Any, state: str
) -> None:
    (marked,) = actor.mark(actor.claim(limit=1))
    outcome = _outcome(marked, state, code=450, detail="later", sent_at=7, next_at=9)
    assert actor.record(outcome) == 1
    with actor.database.read() as conn:
        (row,) = list_targets(conn, campaign.plan_id, state=state)
    assert (row.customer_id, row.attempt, row.code) == (marked.customer_id, 1, 450)
    assert (row.detail, row.sent_at) == ("later", 7)
    assert campaign.counts() == {"queued": 5, state: 1, "control": 2}


def test_an_uncharged_outcome_gives_the_attempt_back(actor: Actor, campaign: Any) -> None:
    (marked,) = actor.mark(actor.claim(limit=1))
    actor.record(_outcome(marked, "deferred", charged=False))
    with actor.database.read() as conn:
        (row,) = list_targets(conn, campaign.plan_id, state="deferred")
    assert row.attempt == 0


def test_an_outcome_counts_once_however_often_it_is_written(actor: Actor, campaign: Any) -> None:
    (marked,) = actor.mark(actor.claim(limit=1))
    assert actor.record(_outcome(marked, "sent")) == 1
    assert actor.record(_outcome(marked, "sent"), _outcome(marked, "failed")) == 0
    assert campaign.counts() == {"queued": 5, "sent": 1, "control": 2}


def test_an_outcome_of_an_older_attempt_is_ignored(actor: Actor, campaign: Any) -> None:
    (first,) = actor.mark(actor.claim(limit=1))
    actor.record(_outcome(first, "deferred"))
    (again,) = actor.mark([i for i in actor.claim() if i == first.customer_id])
    assert again.attempt == 2
    assert actor.record(_outcome(first, "failed")) == 0
    assert campaign.counts()["sending"] == 1


def test_outcomes_of_one_window_may_differ(actor: Actor, campaign: Any) -> None:
    a, b, c = actor.mark(actor.claim(limit=3))
    assert actor.record(_outcome(a, "sent"), _outcome(b, "failed"), _outcome(c, "sent")) == 3
    assert campaign.counts() == {"queued": 3, "sent": 2, "failed": 1, "control": 2}


def test_leases_of_a_dead_epoch_are_queued_again(actor: Actor, campaign: Any) -> None:
    actor.claim(limit=3)
    with actor.database.write() as conn:
        assert release_epoch(conn, actor.epoch + 1) == 0
        assert release_epoch(conn, actor.epoch) == 3
    assert campaign.counts() == {"queued": 6, "control": 2}


def test_single_leases_are_given_back(actor: Actor, campaign: Any) -> None:
    ids = actor.claim(limit=3)
    with actor.database.write() as conn:
        assert release_targets(conn, actor.lease, ids[:1]) == 1
        assert release_targets(conn, actor.lease, []) == 0
    assert campaign.counts() == {"queued": 4, "leased": 2, "control": 2}


def test_leases_end_by_time_too(actor: Actor, campaign: Any) -> None:
    actor.claim(limit=3, now=1_000)
    with actor.database.write() as conn:
        assert not has_expired(conn, 61_000)
        assert release_expired(conn, 61_000) == 0
        assert has_expired(conn, 61_001)
        assert release_expired(conn, 61_001) == 3
    assert campaign.counts() == {"queued": 6, "control": 2}


def test_marked_targets_of_a_dead_worker_become_unknown_and_are_listed(
    actor: Actor, campaign: Any
) -> None:
    ids = actor.claim(limit=3)
    actor.mark(ids[:2])
    with actor.database.write() as conn:
        assert orphaned_epochs(conn) == []
    actor.die()
    with actor.database.write() as conn:
        assert orphaned_epochs(conn) == [actor.epoch]
        assert settle_epoch(conn, actor.epoch) == 2
        assert orphaned_epochs(conn) == []
    with actor.database.read() as conn:
        unknown = list_targets(conn, campaign.plan_id, state="unknown")
    assert [row.customer_id for row in unknown] == ids[:2]
    assert unknown[0].detail == "The sender ended while this message was on its way."
    assert campaign.counts() == {"queued": 3, "leased": 1, "unknown": 2, "control": 2}


def test_an_unknown_target_is_never_claimed_again(actor: Actor, campaign: Any) -> None:
    actor.mark(actor.claim(limit=6))
    actor.die()
    with actor.database.write() as conn:
        settle_epoch(conn, actor.epoch)
    assert Actor(campaign, "b").claim(now=10**13) == []


def test_a_late_answer_still_turns_unknown_into_sent_but_into_nothing_else(
    actor: Actor, campaign: Any
) -> None:
    a, b = actor.mark(actor.claim(limit=2))
    actor.die()
    with actor.database.write() as conn:
        settle_epoch(conn, actor.epoch)
    assert actor.record(_outcome(a, "sent"), _outcome(b, "deferred")) == 1
    assert campaign.counts() == {"queued": 4, "sent": 1, "unknown": 1, "control": 2}


@pytest.mark.parametrize(
    ("origin", "moved", "target"),
    [
        ("queued", TargetEvent.CLAIMED, "leased"),
        ("deferred", TargetEvent.CLAIMED, "leased"),
        ("leased", TargetEvent.RELEASED, "queued"),
        ("leased", TargetEvent.MARKED, "sending"),
        ("leased", TargetEvent.SUPPRESSED, "suppressed"),
        ("sending", TargetEvent.ACCEPTED, "sent"),
        ("sending", TargetEvent.REFUSED_FOR_NOW, "deferred"),
        ("sending", TargetEvent.REFUSED, "failed"),
        ("sending", TargetEvent.LOST_TRACK, "unknown"),
        ("unknown", TargetEvent.ACCEPTED, "sent"),
    ],
)
def test_every_move_that_the_statements_make_is_an_allowed_one(
    origin: str, moved: TargetEvent, target: str
) -> None:
    assert next_state(TargetState(origin), moved) == target


def test_the_store_and_the_states_use_the_same_words() -> None:
    assert set(TARGET_STATES) == {state.value for state in TargetState}


class Recorder:
    """Notes the statements that run on a database, with their values filled in."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, Any]] = []

    def __call__(self, *args: Any) -> None:
        self.statements.append((args[2], args[3]))


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    recorder = Recorder()
    event.listen(database._writer, "before_cursor_execute", recorder)
    yield recorder
    event.remove(database._writer, "before_cursor_execute", recorder)


@pytest.mark.parametrize(
    ("step", "index"),
    [
        ("claim", "ix_campaign_targets_due"),
        ("release", "ix_campaign_targets_lease"),
        ("expired", "ix_campaign_targets_lease"),
        ("settle", "ix_campaign_targets_open"),
        ("orphans", "ix_campaign_targets_open"),
        ("unknown", "ix_campaign_targets_open"),
    ],
)
def test_hot_statements_use_their_partial_index(
    actor: Actor, campaign: Any, recorder: Recorder, step: str, index: str
) -> None:
    _add_sent_targets(campaign)
    recorder.statements.clear()
    _run(actor, step)
    statement, values = next(
        (sql, values) for sql, values in recorder.statements if "campaign_targets" in sql
    )
    assert index in _explain(actor.database, statement, values)


def _run(actor: Actor, step: str) -> None:
    statements: dict[str, Callable[[Any], Any]] = {
        "claim": lambda conn: claim(conn, actor.lease, limit=2, now=1, lease_until=2),
        "release": lambda conn: release_epoch(conn, actor.epoch),
        "expired": lambda conn: release_expired(conn, 1),
        "settle": lambda conn: settle_epoch(conn, actor.epoch),
        "orphans": orphaned_epochs,
        "unknown": lambda conn: list_targets(conn, actor.lease.plan_id, state="unknown"),
    }
    with actor.database.write() as conn:
        statements[step](conn)


def _explain(database: Database, statement: str, values: Any) -> str:
    with database.write() as conn:
        if database.dialect == "sqlite":
            rows = conn.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values)
            return "\n".join(str(row) for row in rows)
        # The plan for unknown parameters: the worst that a prepared statement can get.
        conn.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        names: list[str] = []
        numbered = re.sub(r"%\((\w+)\)s", lambda found: _number(names, found[1]), statement)
        given = ", ".join(_literal(values[name]) for name in names)
        conn.exec_driver_sql(f"PREPARE hot AS {numbered}")
        rows = conn.exec_driver_sql(f"EXPLAIN EXECUTE hot({given})")
        return "\n".join(str(row) for row in rows)


def _literal(value: Any) -> str:
    return "NULL" if value is None else f"'{value}'"


def _number(names: list[str], name: str) -> str:
    names.append(name)
    return f"${len(names)}"


def _add_sent_targets(campaign: Any, number: int = 3_000) -> None:
    """Add as many finished targets as make an index worth while."""
    people = [customers.CustomerRecord(f"x{n}", None, None, {}, b"", "") for n in range(number)]
    with campaign.database.write() as conn:
        customers.upsert(conn, people, now_ms=0)
        known = customers.ids_of(conn, [person.external_id for person in people])
        none = (None,) * 5
        rows = [StagedTarget(i, "treated", 0, *none, "targeted", "sent") for i in known.values()]
        stage_targets(conn, campaign.plan_id, rows)
        analyze_targets(conn)


def _outcome(marked: Any, state: str, **more: Any) -> Outcome:
    return Outcome(marked.customer_id, marked.attempt, state, **more)
