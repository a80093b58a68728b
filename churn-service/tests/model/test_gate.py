"""The gate on the public Telco table: no false refusal of an honest retraining."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from churn_contract.validation import Validator
from churn_service.artefact.verdict import Verdict
from churn_service.predictor import Predictor
from churn_service.training.calibration_check import check_calibration
from churn_service.training.config import parse_config
from churn_service.training.contest import hold_contest
from churn_service.training.gate import judge
from churn_service.training.golden_check import check_golden
from churn_service.training.lifecycle import held_out_of
from churn_service.training.slice_check import check_slices
from churn_service.training.table import Table, read_table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import train_model

SPLITS = int(os.environ.get("GATE_SPLITS", "10"))  # the decision's figures: GATE_SPLITS=40


def verdict_on(candidate: TrainedModel, champion: TrainedModel) -> Verdict:
    """Judge on the candidate's test part; a clock that stands still takes no time."""
    ours, theirs = (
        (Predictor(name, model.document, Validator(model.document.schema)), model.golden)
        for name, model in (("new", candidate), ("old", champion))
    )
    return judge(
        ours[0],
        theirs[0],
        held_out_of(candidate.dataset, candidate.split),
        golden=check_golden(ours, theirs),
        at="2030-01-01T00:00:00Z",
        clock=lambda: 0.0,
    )


@pytest.fixture(scope="module")
def earlier(telco_model: TrainedModel, telco_files) -> TrainedModel:  # type: ignore[no-untyped-def]  # the shared Files
    """The model of a year ago: the same table without every fifth customer to learn from."""
    table = read_table(telco_files.data)
    test = set(telco_model.split.test.tolist())
    kept = [row for row in range(len(table.rows)) if row in test or row % 5]
    fewer = replace(
        table, rows=[table.rows[row] for row in kept], lines=[table.lines[row] for row in kept]
    )
    return train_model(fewer, parse_config(Path(telco_files.config).read_bytes()), "churn")


def test_the_same_table_with_more_customers_passes(
    telco_model: TrainedModel, earlier: TrainedModel
) -> None:
    verdict = verdict_on(telco_model, earlier)

    assert verdict.passed, verdict.text()
    assert "are scored as trained" in verdict.text()


def test_an_equal_model_is_neither_wrong_in_the_large_nor_in_a_slice(
    telco_model: TrainedModel,
) -> None:
    verdict = verdict_on(telco_model, telco_model)

    assert verdict.passed, verdict.text()
    assert "none of 5" in verdict.text()  # levels, and quarters of three numbers


def split_otherwise(table: Table, number: int) -> Table:
    """Give all customers other ids, which put them into other parts."""
    place = table.names.index("customerid")
    rows = [[*row[:place], f"{number}-{row[place]}", *row[place + 1 :]] for row in table.rows]
    return replace(table, rows=rows)


@pytest.mark.slow
def test_hardly_any_split_refuses_an_equal_model_for_its_own_noise(telco_files) -> None:  # type: ignore[no-untyped-def]  # the shared Files
    table = read_table(telco_files.data)
    config = parse_config(Path(telco_files.config).read_bytes())
    failed = []
    for number in range(SPLITS):
        model = train_model(split_otherwise(table, number), config, "churn")
        same = Predictor("same", model.document, Validator(model.document.schema))
        contest = hold_contest(same, same, held_out_of(model.dataset, model.split))
        checks = check_calibration(contest), check_slices(contest)
        failed += [f"{number} {check.name}: {check.found}" for check in checks if not check.passed]

    print(failed)  # noqa: T201 - the figures of the decision
    assert len(failed) <= 1
