"""Scores and outcomes from the rows of a file."""

from datetime import date

import pytest

from churn_service.monitoring.matured import ScoredOutcome
from churn_service.monitoring.outcome_table import (
    OutcomeTableError,
    find_columns,
    read_outcomes,
)

FEEDBACK = ("customer_id", "action", "score", "planned_at", "outcome")


def test_the_feedback_table_is_read_as_it_is() -> None:
    rows = [
        (2, ("a", "none", "0.25", "2026-03-01T10:00:00Z", "churned")),
        (3, ("b", "discount", "0.5", "2026-03-02", "stayed")),
        (4, ("c", "none", "0.5", "2026-03-02", "")),
        (5, ("d", "none", "", "2026-03-02", "stayed")),
    ]
    found, without_score, other_versions = read_outcomes(find_columns(FEEDBACK), rows)
    assert found == [
        ScoredOutcome(0.25, date(2026, 3, 1), churned=True, group="none"),
        ScoredOutcome(0.5, date(2026, 3, 2), churned=False, group="discount"),
        ScoredOutcome(0.5, date(2026, 3, 2), churned=None, group="none"),
    ]
    assert (without_score, other_versions) == (1, 0)


def test_columns_can_be_named() -> None:
    columns = find_columns(
        ("p", "y", "when", "who"), score="p", outcome="y", day="when", group="who"
    )
    found, *_ = read_outcomes(columns, [(2, ("1", "0", "2026-01-01", "g"))])
    assert found == [ScoredOutcome(1.0, date(2026, 1, 1), churned=False, group="g")]


def test_without_a_group_all_are_together() -> None:
    columns = find_columns(("score", "outcome", "date"))
    assert read_outcomes(columns, [(2, ("1", "yes", "2026-01-01"))])[0][0].group == ""


def test_scores_of_other_versions_are_counted_and_left_out_when_one_is_asked_for() -> None:
    header = ("score", "outcome", "date", "model_version")
    rows = [(2, ("0.2", "stayed", "2026-01-01", "old")), (3, ("1", "yes", "2026-01-02", "new"))]
    read = read_outcomes(find_columns(header), rows, version="new")
    assert [outcome.score for outcome in read.outcomes] == [1.0]
    assert read.other_versions == 1
    assert len(read_outcomes(find_columns(header), rows).outcomes) == 2


def test_a_table_without_versions_is_taken_to_be_of_the_one_that_is_asked_for() -> None:
    columns = find_columns(("score", "outcome", "date"))
    read = read_outcomes(columns, [(2, ("1", "yes", "2026-01-01"))], version="new")
    assert (len(read.outcomes), read.other_versions) == (1, 0)


@pytest.mark.parametrize("missing", ["score", "outcome", "planned_at"])
def test_a_missing_column_is_named_with_its_cure(missing: str) -> None:
    option = {"planned_at": "date"}.get(missing, missing)
    header = [name for name in FEEDBACK if name != missing]
    with pytest.raises(OutcomeTableError, match=f"no column for the {option}.*--{option}"):
        find_columns(header)


def test_a_group_that_is_asked_for_must_be_there() -> None:
    with pytest.raises(OutcomeTableError, match="no column for the group"):
        find_columns(FEEDBACK, group="segment")


def test_every_bad_line_is_named() -> None:
    rows = [
        (2, ("a", "", "much", "2026-03-01", "stayed")),
        (3, ("a", "", "1.5", "2026-03-01", "stayed")),
        (4, ("a", "", "0.5", "first of May", "stayed")),
        (5, ("a", "", "0.5", "2026-03-01", "perhaps")),
    ]
    with pytest.raises(OutcomeTableError) as caught:
        read_outcomes(find_columns(FEEDBACK), rows)
    text = str(caught.value)
    assert all(f"line {line}" in text for line in (2, 3, 4, 5))
    assert "between 0 and 1" in text
    assert "leave it empty while it is not known" in text


def test_only_the_first_bad_lines_are_told() -> None:
    rows = [(line, ("a", "", "x", "2026-03-01", "stayed")) for line in range(2, 32)]
    with pytest.raises(OutcomeTableError, match="and 10 more"):
        read_outcomes(find_columns(FEEDBACK), rows)
