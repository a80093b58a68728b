import pytest

from marketing_service.store import campaigns, customers, dialect, outcomes, plans
from marketing_service.store.customers import CustomerRecord
from marketing_service.store.engine import Database
from marketing_service.store.outcomes import ArmChurn, OutcomeRow, Recorded
from marketing_service.store.tables import campaign_targets
from marketing_service.store.words import ARMS


@pytest.fixture
def plan_id(database: Database) -> int:
    """Give a plan of six: 1, 2, 3 treated, 4, 5 control, 6 neither."""
    with database.write() as conn:
        records = [CustomerRecord(f"A-{n}", None, None, {}, b"h", "d") for n in range(1, 7)]
        customers.upsert(conn, records, now_ms=1)
        campaign = campaigns.save(
            conn, slug="spring", spec={}, spec_digest="s", author="ann", now_ms=1
        )
        plan = plans.create(conn, campaign.id, now_ms=1)
        arms = ["treated"] * 3 + ["control"] * 2 + ["none"]
        rows = [(plan.id, n, ARMS.code(arm), 0, 3) for n, arm in enumerate(arms, start=1)]
        columns = ("plan_id", "customer_id", "arm", "reason", "state")
        dialect.bulk_load(conn, campaign_targets, columns, rows)
    return plan.id


def _fact(source_id: str, customer_id: int, kind: str = "churned", at: int = 50) -> OutcomeRow:
    return OutcomeRow(source_id, customer_id, kind, None, at, None)


def _record(database: Database, *facts: OutcomeRow, at: int = 100) -> Recorded:
    with database.write() as conn:
        return outcomes.record(conn, facts, reported_at=at)


def _arms(database: Database, plan_id: int) -> list[ArmChurn]:
    with database.read() as conn:
        return outcomes.churn_by_arm(conn, plan_id, since_ms=10, until_ms=90)


def test_churn_is_counted_by_arm(database: Database, plan_id: int) -> None:
    _record(
        database, _fact("a", 1), _fact("b", 2, "stayed"), _fact("c", 4), _fact("d", 6),
    )  # fmt: skip

    assert _arms(database, plan_id) == [ArmChurn("treated", 3, 1, 1), ArmChurn("control", 2, 1, 0)]


def test_facts_outside_the_window_and_of_other_kinds_do_not_count(
    database: Database, plan_id: int
) -> None:
    _record(
        database,
        _fact("a", 1, at=9),
        _fact("b", 2, at=90),
        _fact("c", 3, "revenue"),
        _fact("d", 4, at=10),
        _fact("e", 5, at=89),
    )

    assert _arms(database, plan_id) == [ArmChurn("treated", 3, 0, 0), ArmChurn("control", 2, 2, 0)]


def test_the_newest_report_about_a_customer_decides(database: Database, plan_id: int) -> None:
    _record(database, _fact("a", 1, "churned"), at=100)
    _record(database, _fact("b", 1, "stayed", at=40), at=200)

    assert _arms(database, plan_id)[0] == ArmChurn("treated", 3, 0, 1)


def test_the_same_facts_again_change_nothing(database: Database, plan_id: int) -> None:
    facts = [_fact("a", 1), _fact("b", 2, "stayed")]

    assert _record(database, *facts) == Recorded(2, 0, 0)
    assert _record(database, *facts, at=200) == Recorded(0, 0, 2)
    assert _arms(database, plan_id)[0] == ArmChurn("treated", 3, 1, 1)


def test_a_newer_report_of_a_fact_corrects_it(database: Database, plan_id: int) -> None:
    _record(database, _fact("a", 1, "churned"), at=100)

    assert _record(database, _fact("a", 1, "stayed"), at=200) == Recorded(0, 1, 0)
    assert _arms(database, plan_id)[0] == ArmChurn("treated", 3, 0, 1)


def test_an_older_report_that_comes_late_changes_nothing(database: Database, plan_id: int) -> None:
    _record(database, _fact("a", 1, "churned"), at=200)

    assert _record(database, _fact("a", 1, "stayed"), at=100) == Recorded(0, 0, 1)
    assert _arms(database, plan_id)[0] == ArmChurn("treated", 3, 1, 0)


def test_no_facts_are_fine(database: Database) -> None:
    assert _record(database) == Recorded(0, 0, 0)


@pytest.mark.usefixtures("plan_id")
def test_ten_thousand_facts_fit_into_one_batch(database: Database) -> None:
    facts = [_fact(f"f{number}", number % 6 + 1) for number in range(10_000)]

    assert _record(database, *facts) == Recorded(10_000, 0, 0)
    assert _record(database, *facts) == Recorded(0, 0, 10_000)
