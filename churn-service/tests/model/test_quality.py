"""Acceptance on the public Telco table."""

import sys

import numpy as np
import pytest

from churn_service.training.config import parse_config
from churn_service.training.cross_validation import Evaluation, evaluate_table
from churn_service.training.evaluation_report import progress_line
from churn_service.training.table import read_table
from churn_service.training.trained import TrainedModel


@pytest.fixture(scope="module")
def evaluation(telco_files) -> Evaluation:  # type: ignore[no-untyped-def]  # the shared Files
    return evaluate_table(
        read_table(telco_files.data),
        parse_config(telco_files.config.read_bytes()),
        with_course=True,
        jobs=2,
        progress=lambda *done: print(progress_line(*done), file=sys.stderr),  # noqa: T201 - shown when it fails
    )


@pytest.mark.slow
def test_nested_5_by_5_reaches_the_promised_quality(evaluation: Evaluation) -> None:
    assert len(evaluation.folds) == 25
    assert evaluation.mean("spline", "auc") >= 0.8505
    assert evaluation.mean("spline", "log_loss") <= 0.4098
    assert evaluation.mean("spline", "brier") <= 0.1330
    assert evaluation.mean("spline", "average_precision") >= 0.672
    assert evaluation.mean("spline", "empc") >= 10.40
    assert 0.95 <= evaluation.mean("spline", "calibration_slope") <= 1.05


@pytest.mark.slow
def test_the_course_s_recipe_gives_the_course_s_numbers(evaluation: Evaluation) -> None:
    assert evaluation.mean("course", "auc") == pytest.approx(0.8448, abs=0.0005)
    assert evaluation.mean("course", "log_loss") == pytest.approx(0.4181, abs=0.0005)


@pytest.mark.slow
def test_honest_quality_stays_below_what_leaks_promise(evaluation: Evaluation) -> None:
    assert evaluation.mean("spline", "auc") < 0.86


def test_the_test_part_confirms_the_quality(telco_model: TrainedModel) -> None:
    assert telco_model.test.auc >= 0.83
    assert telco_model.test.log_loss <= 0.43
    assert 0.8 <= telco_model.test.calibration_slope <= 1.2


def test_the_fit_is_converged(telco_model: TrainedModel) -> None:
    assert float(telco_model.fit.facts()["gradient"]) <= 1e-8
    assert telco_model.tuned.settings["C"] in {0.1, 0.3}


def test_the_champion_has_never_seen_the_test_part(telco_model: TrainedModel) -> None:
    split = telco_model.split

    assert not set(split.test) & set(split.fit)
    assert telco_model.document.training.rows == len(split.fit)
    assert len(split.test) == pytest.approx(0.2 * 7043, abs=3.5 * np.sqrt(7043 * 0.16))


def test_the_schema_is_what_the_table_says(telco_model: TrainedModel) -> None:
    schema = telco_model.document.schema
    kinds = {field.raw or field.name: field.kind for field in schema.features}

    assert len(kinds) == 19
    assert {name for name, kind in kinds.items() if kind == "number"} == {
        "tenure",
        "MonthlyCharges",
        "TotalCharges",
    }
    assert kinds["SeniorCitizen"] == "boolean"
    assert schema.id == "customerid"
    assert [field.name for field in schema.features if field.nullable] == ["totalcharges"]
    assert schema.field("tenure").maximum == 792


def test_golden_rows_are_no_customers(telco_model: TrainedModel) -> None:
    customers = {customer.values for customer in telco_model.dataset.customers}

    assert len(telco_model.golden) >= 50
    for row in telco_model.golden:
        values = tuple(
            float(cell) if field.kind == "number" and cell else cell or None
            for field, cell in zip(
                telco_model.document.schema.features, row.cells.values(), strict=True
            )
        )
        assert values not in customers
