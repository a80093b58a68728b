"""A measurement that is kept for the service to show."""

from datetime import date
from pathlib import Path

import pytest
from prometheus_client.core import Metric

from churn_service.artefact.errors import ArtefactError
from churn_service.monitoring.matured import ScoredOutcome, matured_performance
from churn_service.monitoring.matured_metrics import MOST_COHORTS, matured_metrics
from churn_service.monitoring.saved import (
    PerformanceRecord,
    SavedPerformance,
    performance_path,
    read_performance,
    save_performance,
)

AS_OF = date(2026, 6, 30)


@pytest.fixture
def saved() -> SavedPerformance:
    """Two months; in the second all left whom the model gave one half."""
    days = (date(2026, 3, 1), date(2026, 4, 1))
    scored = [
        ScoredOutcome(0.5, day, churned=bool(index % 2) or day == days[1], group="none")
        for day in days
        for index in range(40)
    ]
    young = ScoredOutcome(0.5, AS_OF, churned=True)
    return saved_of([*scored, young])


def saved_of(outcomes: list[ScoredOutcome]) -> SavedPerformance:
    found = matured_performance(outcomes, as_of=AS_OF, horizon_days=30)
    return SavedPerformance(
        model_version="v1",
        as_of=AS_OF,
        horizon_days=30,
        data_sha256="d" * 64,
        cohorts=found.cohorts,
        not_matured=found.not_matured,
        unknown=found.unknown,
        without_score=2,
        other_versions=3,
    )


def samples(saved: SavedPerformance, name: str) -> dict[tuple[str, ...], float]:
    families: list[Metric] = [family for family in matured_metrics(saved) if family.name == name]
    (family,) = families
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


def test_what_was_saved_is_read_back(tmp_path: Path, saved: SavedPerformance) -> None:
    path = save_performance(tmp_path, "churn", saved)
    assert path == performance_path(tmp_path, "churn", "v1")
    assert read_performance(tmp_path, "churn", "v1") == saved
    assert read_performance(tmp_path, "churn", "v2") is None


def test_a_broken_file_is_named_and_shown_as_unmeasured(
    tmp_path: Path, saved: SavedPerformance
) -> None:
    save_performance(tmp_path, "churn", saved).write_text("{}")
    with pytest.raises(ArtefactError, match=r"performance/v1.json: cannot be read"):
        read_performance(tmp_path, "churn", "v1")
    record = PerformanceRecord(tmp_path, "churn")
    assert record.of("v1") is None
    assert "cannot be read" in record.facts("v1")["reason"]


@pytest.mark.parametrize(("day", "age", "fresh"), [(30, 0, True), (31, 31, True), (1, 32, False)])
def test_a_measurement_tells_its_age(
    tmp_path: Path, saved: SavedPerformance, *, day: int, age: int, fresh: bool
) -> None:
    save_performance(tmp_path, "churn", saved)
    month = {30: 6, 31: 7, 1: 8}[day]
    facts = PerformanceRecord(tmp_path, "churn", lambda: date(2026, month, day)).facts("v1")
    assert (facts["measured"], facts["age_days"], facts["fresh"]) == (True, age, fresh)
    assert facts["as_of"] == "2026-06-30"
    verdicts = [cohort["verdict"] for cohort in facts["cohorts"]]
    assert verdicts == ["as promised", "more left than promised"]


def test_what_was_never_measured_says_how_to(tmp_path: Path) -> None:
    facts = PerformanceRecord(tmp_path, "churn").facts("v1")
    assert facts["measured"] is False
    assert "churn performance" in facts["reason"]


def test_cohorts_become_metrics(saved: SavedPerformance) -> None:
    performance = samples(saved, "churn_matured_performance")
    assert performance["2026-03", "none", "rows"] == 40
    assert performance["2026-03", "none", "auc"] == 0.5
    assert ("2026-04", "none", "auc") not in performance  # all left: there is none
    assert samples(saved, "churn_matured_alarm") == {("2026-03", "none"): 0, ("2026-04", "none"): 1}
    assert samples(saved, "churn_matured_left_out") == {
        ("not_matured",): 1, ("unknown",): 0, ("without_score",): 2, ("other_versions",): 3,
    }  # fmt: skip
    assert samples(saved, "churn_matured_as_of_timestamp_seconds") == {(): 1782777600.0}


def test_only_the_newest_cohorts_become_metrics() -> None:
    outcomes = [
        ScoredOutcome(0.5, date(2020 + index // 12, index % 12 + 1, 1), churned=True)
        for index in range(MOST_COHORTS + 6)
    ]
    alarms = samples(saved_of(outcomes), "churn_matured_alarm")
    assert len(alarms) == MOST_COHORTS
    assert ("2020-07", "") in alarms
    assert ("2020-06", "") not in alarms
