from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from marketing_service.store.engine import Database
from marketing_service.store.targets import (
    StagedTarget,
    add_counts,
    count_targets,
    list_targets,
    stage_targets,
)
from marketing_service.store.words import TARGET_STATES

Launch = Callable[..., Any]


def test_staged_targets_are_counted_by_state(database: Database, running_campaign: Launch) -> None:
    campaign = running_campaign(database, treated=7, control=3)
    assert campaign.counts() == {"queued": 7, "control": 3}


def test_staging_returns_how_many_rows_were_written(
    database: Database, running_campaign: Launch
) -> None:
    campaign = running_campaign(database, treated=1, control=1)
    with database.write() as conn:
        conn.exec_driver_sql("DELETE FROM campaign_targets")
        rows = [_row(customer_id) for customer_id in campaign.ids]
        assert stage_targets(conn, campaign.plan_id, rows) == 2
        assert stage_targets(conn, campaign.plan_id, []) == 0


def test_a_staged_target_comes_back_with_its_words(
    database: Database, running_campaign: Launch
) -> None:
    campaign = running_campaign(database, treated=1, control=1)
    with database.read() as conn:
        first, second = list_targets(conn, campaign.plan_id)
    assert (first.external_id, first.arm, first.offer, first.p) == ("spring-0", "treated", 0, 0.5)
    assert (first.value, first.cost, first.net, first.propensity) == (100.0, 4.0, 9.0, 0.9)
    assert (first.reason, first.state, first.attempt) == ("targeted", "queued", 0)
    assert (second.arm, second.offer, second.state) == ("control", None, "control")


def test_an_unknown_state_word_is_refused_with_the_allowed_ones(
    sqlite_database: Database, running_campaign: Launch
) -> None:
    campaign = running_campaign(sqlite_database, treated=1, control=0)
    with sqlite_database.write() as conn, pytest.raises(ValueError, match="allowed are queued"):
        stage_targets(conn, campaign.plan_id, [_row(campaign.ids[0], state="posted")])


def test_pages_of_targets_follow_each_other_without_gap_or_overlap(
    database: Database, running_campaign: Launch
) -> None:
    campaign = running_campaign(database, treated=10, control=3)
    seen, after = [], 0
    with database.read() as conn:
        while page := list_targets(conn, campaign.plan_id, after=after, limit=4):
            seen += [row.customer_id for row in page]
            after = page[-1].customer_id
    assert seen == sorted(campaign.ids)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"arm": "treated"}, 5),
        ({"arm": "control"}, 2),
        ({"state": "queued"}, 5),
        ({"state": "unknown"}, 0),
        ({"arm": "control", "state": "queued"}, 0),
    ],
)
def test_targets_are_filtered_by_arm_and_state(
    database: Database, running_campaign: Launch, filters: dict[str, str], expected: int
) -> None:
    campaign = running_campaign(database, treated=5, control=2)
    with database.read() as conn:
        assert len(list_targets(conn, campaign.plan_id, **filters)) == expected


def test_counts_of_several_workers_add_up(database: Database, running_campaign: Launch) -> None:
    campaign = running_campaign(database, treated=5, control=0)
    queued, sent = TARGET_STATES.codes("queued", "sent")
    with database.write() as conn:
        add_counts(conn, campaign.plan_id, 1, {queued: -2, sent: 2})
        add_counts(conn, campaign.plan_id, 2, {queued: -1, sent: 1})
        add_counts(conn, campaign.plan_id, 1, Counter({queued: -1, sent: 1}))
        add_counts(conn, campaign.plan_id, 3, {queued: 0})
    assert campaign.counts() == {"queued": 1, "sent": 4}


def test_counting_never_reads_the_targets(
    sqlite_database: Database, running_campaign: Launch
) -> None:
    campaign = running_campaign(sqlite_database, treated=3, control=1)
    with sqlite_database.write() as conn:
        conn.exec_driver_sql("DELETE FROM campaign_targets")
        assert count_targets(conn, campaign.plan_id) == {"queued": 3, "control": 1}


def _row(customer_id: int, state: str = "queued") -> StagedTarget:
    return StagedTarget(customer_id, "treated", 0, None, None, None, None, None, "targeted", state)
