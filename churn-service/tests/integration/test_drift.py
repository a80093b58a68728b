"""The watch from outside: JSON, metrics and page of a service under traffic."""

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.reference import SCORE, BinnedField, CalibrationBin, Reference
from churn_service.monitoring.matured import ScoredOutcome, matured_performance
from churn_service.monitoring.saved import SavedPerformance, save_performance
from churn_service.web.model_roles import versions_of


def reference_of(schema: CustomerSchema) -> Reference:
    """Make a reference that looks like sampled customers."""
    fields = tuple(
        BinnedField(
            field=field.name,
            edges=(field.lowest or 0.0, (field.highest or 0.0) + 1e-6),
            counts=(0, 900, 0, 0),
        )
        if field.kind == "number"
        else BinnedField(
            field=field.name,
            levels=field.levels,
            counts=(*(900 for _ in field.levels), 0, 0),
        )
        for field in schema.features
    )
    score = BinnedField(field=SCORE, edges=(0.0, 0.5, 1.1), counts=(0, 500, 500, 0, 0))
    calibration = (
        CalibrationBin(rows=50, expected=0.1, churned=4),
        CalibrationBin(rows=50, expected=0.6, churned=31),
    )
    return Reference(fields=fields, score=score, calibration=calibration)


@pytest.fixture
def watched(
    publisher: Any,
    document: ModelDocument,
    schema: CustomerSchema,
    make_service: Callable[..., Any],
) -> Any:
    publisher.publish(msgspec.structs.replace(document, reference=reference_of(schema)))
    service = make_service(publisher.root, drift_window_rows=100, drift_window_hours=0.0001)
    service.registry.refresh()
    return service


def customers(schema: CustomerSchema, count: int) -> list[dict[str, object]]:
    return list(itertools.islice(sample_customers(schema, 3), count))


def test_before_the_first_customer_there_is_no_verdict(watched: Any) -> None:
    facts = watched.client.get("/models/champion/drift").get_json()
    assert (facts["watched"], facts["windows_closed"], facts["window"]) == (True, 0, None)
    assert facts["so_far"]["verdict"].startswith("too few customers")
    assert facts["promise"]["false_alarms_per_week"] == 0.01


def test_every_served_customer_is_counted_once(watched: Any, schema: CustomerSchema) -> None:
    rows = customers(schema, 30)
    assert watched.client.post("/predict", json=rows).status_code == 200
    assert watched.client.post("/predict", json=rows[0]).status_code == 200
    assert watched.client.post("/predict", json={}).status_code == 422
    counts = watched.client.get("/models/champion/drift").get_json()["counts"]
    assert counts["rows"] == 31
    assert {sum(bins) for bins in counts["bins"]} == {31}


def test_a_field_that_changes_is_named_in_json_metrics_and_page(
    watched: Any, schema: CustomerSchema
) -> None:
    rows = [row | {"contract": "two_year"} for row in customers(schema, 400)]
    watched.registry.refresh()
    _wait_for_window(watched, rows)
    facts = watched.client.get("/models/champion/drift").get_json()
    assert "contract" in facts["window"]["drifted"]
    assert "drift in" in facts["window"]["verdict"]
    alarms = watched.metric_lines('churn_drift_alarm{field="contract"}')
    assert alarms == ['churn_drift_alarm{field="contract"} 1.0']
    assert watched.metric_lines('churn_expected_performance{figure="auc"}')
    page = watched.client.get("/model").text
    assert "Drift in" in page
    assert "two_year: 33.3%" in page.replace("&nbsp;", " ")
    assert "blind" in page


def test_what_the_json_says_is_in_the_metrics(watched: Any, schema: CustomerSchema) -> None:
    rows = [row | {"contract": "two_year"} for row in customers(schema, 400)]
    _wait_for_window(watched, rows)
    facts = watched.client.get("/models/champion/drift").get_json()
    found = samples_of(watched)
    window, promise = facts["window"], facts["promise"]
    assert found["churn_drift_watched"][()] == 1
    assert found["churn_drift_judged_rows"][()] == window["rows"]
    assert found["churn_drift_windows_total"][()] == facts["windows_closed"]
    assert found["churn_drift_promise"] == {(name,): value for name, value in promise.items()}
    assert found["churn_expected_performance"] == {
        (name,): value for name, value in window["expected"].items()
    }
    for field in window["fields"]:
        name = field["field"]
        assert found["churn_drift_psi"][name,] == field["psi"]
        assert found["churn_drift_threshold"].get((name,)) == field["threshold"]
        assert found["churn_drift_alarm"][name,] == field["drifted"]
        for kind in ("unseen", "missing", "reference_missing", "below_range", "above_range"):
            assert found["churn_drift_share"][name, kind] == field[kind]


def test_the_bins_of_training_stand_beside_the_served_ones(
    watched: Any, schema: CustomerSchema
) -> None:
    watched.client.post("/predict", json=customers(schema, 5))
    found = samples_of(watched)
    assert found["churn_reference_bin"].keys() == found["churn_served_bin_total"].keys()
    version = watched.registry.champion().version
    assert found["churn_reference_bin"][version, "contract", "two_year"] == 900


def test_every_metric_of_the_watch_is_documented(watched: Any, schema: CustomerSchema) -> None:
    _wait_for_window(watched, customers(schema, 400))
    save(watched, as_of=date(2026, 6, 30))
    page = (Path(__file__).parents[3] / "docs" / "explanation" / "drift.md").read_text()
    kinds = ("churn_drift_", "churn_matured_", "churn_served_", "churn_reference_")
    names = {name for name in samples_of(watched) if name.startswith((*kinds, "churn_expected_"))}
    assert len(names) > 15
    assert not {name for name in names if f"`{name}" not in page}


def save(service: Any, *, as_of: date) -> None:
    """Save a measurement of the champion: two cohorts, of which one kept no promise."""
    outcomes = [
        ScoredOutcome(0.5, date(2026, month, 1), churned=month == 4 or bool(index % 2))
        for month in (3, 4)
        for index in range(40)
    ]
    found = matured_performance(outcomes, as_of=as_of, horizon_days=30)
    saved = SavedPerformance(
        model_version=service.registry.champion().version,
        as_of=as_of,
        horizon_days=30,
        data_sha256="d" * 64,
        cohorts=found.cohorts,
        not_matured=0,
        unknown=0,
    )
    save_performance(service.settings.model_root, "churn", saved)


def test_performance_on_outcomes_is_shown_once_it_was_measured(watched: Any) -> None:
    version = watched.registry.champion().version
    before = watched.client.get("/models/champion/performance").get_json()
    assert (before["model_version"], before["measured"]) == (version, False)
    assert "churn performance" in before["reason"]
    save(watched, as_of=date(2026, 6, 30))
    facts = watched.client.get("/models/champion/performance").get_json()
    assert (facts["model_version"], facts["as_of"]) == (version, "2026-06-30")
    assert [cohort["verdict"] for cohort in facts["cohorts"]] == [
        "as promised",
        "more left than promised",
    ]
    assert (
        "1 of 2 cohorts left more or less often than promised" in watched.client.get("/model").text
    )
    found = samples_of(watched)
    assert found["churn_matured_performance"]["2026-04", "", "churned"] == 40
    assert found["churn_matured_alarm"] == {("2026-03", ""): 0, ("2026-04", ""): 1}


def samples_of(service: Any) -> dict[str, dict[tuple[str, ...], float]]:
    """Return every sample of the service by metric, then by its labels' values."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in service.metrics.registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def _wait_for_window(service: Any, rows: list[dict[str, object]]) -> None:
    """Send the customers until their window's 0.36 seconds are over."""
    for _ in range(10_000):
        service.client.post("/predict", json=rows)
        if service.client.get("/models/champion/drift").get_json()["windows_closed"]:
            return
    pytest.fail("no window closed")


def test_bins_are_metrics_that_add_up_over_replicas(watched: Any, schema: CustomerSchema) -> None:
    watched.client.post("/predict", json=customers(schema, 7))
    lines = watched.metric_lines("churn_served_bin_total{")
    gender = [line for line in lines if 'field="gender"' in line]
    assert sum(float(line.rsplit(" ", 1)[1]) for line in gender) == 7
    assert watched.metric_lines("churn_drift_window_rows ") == ["churn_drift_window_rows 7.0"]


def test_the_page_shows_calibration_and_versions(watched: Any) -> None:
    page = watched.client.get("/model")
    assert page.status_code == 200
    assert watched.registry.champion().version in page.text
    assert "Do its probabilities hold?" in page.text
    assert "<script" not in page.text
    assert 'href="/model" aria-current="page"' in page.text


def test_a_version_without_metrics_is_listed_without_them(watched: Any, publisher: Any) -> None:
    version = watched.registry.champion().version
    (publisher.folder(version) / "metrics.json").unlink()
    assert versions_of(publisher.root, "churn")[0].auc is None


def test_an_older_version_is_served_but_not_watched(service: Any, customer: Any) -> None:
    assert service.client.post("/predict", json=customer).status_code == 200
    facts = service.client.get("/models/champion/drift").get_json()
    assert (facts["watched"], "train again" in facts["reason"]) == (False, True)
    assert "train again to have it watched" in service.client.get("/model").text
    assert service.metric_lines("churn_served_bin_total") == []
    assert service.metric_lines("churn_drift_watched") == ["churn_drift_watched 0.0"]


def test_without_a_model_the_page_says_so(tmp_path: Path, make_service: Callable[..., Any]) -> None:
    empty = make_service(tmp_path)
    empty.registry.refresh()
    assert empty.client.get("/model").status_code == 503
    assert empty.client.get("/models/champion/drift").status_code == 503
    assert empty.metric_lines("churn_served_bin_total") == []
