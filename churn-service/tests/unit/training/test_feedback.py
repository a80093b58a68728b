"""Which rows of campaigns teach, and how much each counts."""

from datetime import UTC, datetime

import pytest

from churn_service.training.errors import DataError
from churn_service.training.feedback import Lessons, is_feedback, learn_from
from churn_service.training.table import Table, parse_table

NAMES = (
    "customer_id,campaign_id,arm,planned_offer,action,propensity,score,planned_at,outcome,"
    "window_end,attributes_hash,attrs.tenure,attrs.plan"
)
SPRING, AUTUMN = ("2027-01-01", "2027-03-01"), ("2027-04-01", "2027-06-01")
LATER = datetime(2028, 1, 1, tzinfo=UTC)


def row(customer: str = "a", **changes: object) -> str:
    """Spell a row of a customer in the control group of the campaign `spring`."""
    cells = {
        "campaign": "spring",
        "arm": "control",
        "action": "none",
        "propensity": 0.25,
        "times": SPRING,
        "outcome": "churned",
        "hash": "ff",
        "tenure": 12.0,
        "plan": "basic",
    } | changes
    begins, ends = cells["times"]  # type: ignore[misc]  # a pair
    return (
        f"{customer},{cells['campaign']},{cells['arm']},gift,{cells['action']},"
        f"{cells['propensity']},0.4,{begins}T00:00:00.000Z,{cells['outcome']},"
        f"{ends}T00:00:00.000Z,{cells['hash']},{cells['tenure']},{cells['plan']}"
    )


def table_text(*rows: str) -> str:
    return "\n".join([NAMES, *rows, ""])


def table(*rows: str) -> Table:
    return parse_table(table_text(*rows).encode())


def lessons(*rows: str, as_of: datetime = LATER) -> Lessons:
    return learn_from(table(*rows), as_of=as_of)


def test_a_control_customer_stands_for_all_who_were_selected() -> None:
    found = lessons(row(), row("b", arm="none", propensity=1.0, outcome="stayed"))
    assert [(one.customer, one.churned, one.weight) for one in found.rows] == [
        ("a", True, 4.0),
        ("b", False, 1.0),
    ]
    assert found.rows[0].attributes == {"tenure": "12.0", "plan": "basic"}


def test_weights_are_cut_at_twenty_and_the_cut_is_told() -> None:
    found = lessons(row(propensity=0.01), row("b"))
    assert [one.weight for one in found.rows] == [20.0, 4.0]
    assert found.clipped == 1
    assert "1 cut at 20" in found.sentences()[-1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"arm": "treated", "action": "gift", "propensity": 0.75}, "contacted"),
        ({"outcome": ""}, "without known outcome"),
        ({"times": ("2027-12-01", "2028-02-01")}, "whose window is open"),
        ({"hash": ""}, "without attributes of the day of the plan"),
    ],
)
def test_rows_that_cannot_teach_are_left_out_and_counted(
    changes: dict[str, object], reason: str
) -> None:
    found = lessons(row(), row("b", **changes))
    assert [one.customer for one in found.rows] == ["a"]
    assert found.left_out == {reason: 1}
    assert "left out: 1 " + reason in found.sentences()


def test_a_customer_whom_another_campaign_contacted_meanwhile_teaches_nothing() -> None:
    other = row(campaign="gifts", arm="treated", action="gift", propensity=0.7)
    found = lessons(row(), other, row("b"))
    assert [one.customer for one in found.rows] == ["b"]
    assert found.left_out["contacted by another campaign at the same time"] == 1


def test_being_left_alone_by_two_campaigns_at_once_is_rarer() -> None:
    found = lessons(row(), row(campaign="gifts", propensity=0.5))
    assert [one.weight for one in found.rows] == [8.0, 8.0]


def test_campaigns_one_after_the_other_do_not_touch_each_other() -> None:
    treated = row(arm="treated", action="gift", propensity=0.75, outcome="stayed")
    found = lessons(treated, row(campaign="autumn", times=AUTUMN))
    assert [(one.customer, one.weight) for one in found.rows] == [("a", 4.0)]


def test_a_campaign_that_contacted_everybody_is_refused_with_the_cure() -> None:
    everybody = row(arm="treated", action="gift", propensity=1.0)
    with pytest.raises(DataError, match=r"spring contacted everybody .* campaign_share above 0"):
        lessons(everybody, row("b", arm="none", propensity=1.0))


@pytest.mark.parametrize("bad", ["", "0", "1.5", "-0.1", "often"])
def test_a_row_without_a_propensity_above_0_and_up_to_1_is_refused(bad: str) -> None:
    with pytest.raises(DataError, match="line 3: the propensity must lie above 0"):
        lessons(row(), row("b", propensity=bad))


def test_an_instant_that_is_none_is_refused_with_its_column() -> None:
    with pytest.raises(DataError, match="line 2: planned_at is no instant"):
        lessons(row(times=("soon", "2027-03-01")))


def test_the_mark_against_formulas_is_taken_off() -> None:
    found = lessons(row("'-a", plan="'+plus"))
    assert found.rows[0].customer == "-a"
    assert found.rows[0].attributes["plan"] == "+plus"


def test_a_missing_column_is_named() -> None:
    cut = parse_table(b"customer_id,campaign_id,propensity,attributes_hash\na,b,1,ff\n")
    with pytest.raises(DataError, match="no column arm, action, planned_at, outcome, window_end"):
        learn_from(cut, as_of=LATER)


def test_feedback_is_told_from_a_table_of_customers() -> None:
    assert is_feedback(table(row()))
    assert not is_feedback(parse_table(b"customer_id,plan\na,basic\n"))
    assert not is_feedback(parse_table(b"customer_id,arm\na,long\n"))


@pytest.mark.parametrize("column", ["propensity", "attributes_hash", "campaign_id"])
def test_feedback_that_lost_a_column_is_feedback_and_the_column_is_named(column: str) -> None:
    cut = parse_table(table_text(row()).replace(f"{column},", "other,").encode())

    assert is_feedback(cut)
    with pytest.raises(DataError, match=f"no column {column}; export it again"):
        learn_from(cut, as_of=LATER)
