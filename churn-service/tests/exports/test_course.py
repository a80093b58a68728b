"""The pair of the courses scores linear models; all others are refused with the cure."""

import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest

from churn_contract.schema import training_range
from churn_contract.validation import Customer, Validator
from churn_service.artefact.calibration import IsotonicCalibration, PlattCalibration
from churn_service.exports.course import pair_of, write
from churn_service.exports.exported import Exported, ExportError
from churn_service.loading import load_predictor
from churn_service.predictor import Predictor
from churn_service.training.config import parse_config
from churn_service.training.table import read_table
from churn_service.training.trainer import train_model, write_trained

CONFIG = """
[data]
target = "Churn"
positive = "Yes"
id = "customerID"
[columns.TotalCharges]
blank = 0
[model]
families = ["linear"]
"""


@pytest.fixture(scope="module")
def linear(telco_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    trained = train_model(read_table(telco_csv), parse_config(CONFIG.encode()), "churn")
    return load_predictor(write_trained(trained, tmp_path_factory.mktemp("linear")).folder)


def canonical(predictor: Predictor, customer: Customer) -> dict[str, Any]:
    """Return a record as the course has it; 2 of 7,043 lie beyond the training range."""
    record: dict[str, Any] = {}
    for field, value in zip(predictor.schema.features, customer.values, strict=True):
        if field.kind == "number":
            low, high = training_range(field)
            record[field.name] = min(max(value, low), high)
        else:
            record[field.name] = int(value) if field.is_zero_one else value
    return record


def exported(predictor: Predictor, **changes: object) -> Exported:
    document = msgspec.structs.replace(predictor.document, **changes)
    return Exported(predictor.version, document)


@pytest.mark.parametrize("calibration", [None, PlattCalibration(intercept=0.1, slope=1.2)])
def test_the_course_s_two_lines_score_all_telco_customers(
    linear, telco_csv, tmp_path, calibration
) -> None:
    changes = {"calibration": calibration} if calibration else {}
    model = exported(linear, **changes)
    predictor = Predictor("v", model.document, Validator(model.document.schema))
    write(model, tmp_path / "model.bin")
    table = read_table(telco_csv)
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    customers = linear.validator.check_all(
        [{k: v for k, v in row.items() if k != "Churn"} for row in rows], text=True
    )
    records = [canonical(linear, customer) for customer in customers]

    with (tmp_path / "model.bin").open("rb") as file:
        dv, regression = pickle.load(file)  # noqa: S301 - written by this test
    chances = regression.predict_proba(dv.transform(records))[:, 1]

    wanted = [prediction.churn_probability for prediction in predictor.predict(customers)]
    assert len(wanted) > 7000
    assert chances.tolist() == pytest.approx(wanted, abs=1e-12, rel=0)
    assert regression.model_version_ == linear.version
    assert regression.threshold_ == 0.5
    records[0]["seniorcitizen"] = str(records[0]["seniorcitizen"])
    assert regression.predict_proba(dv.transform(records[:1]))[0, 1] == pytest.approx(wanted[0])


def test_a_model_of_pieces_or_trees_is_refused_with_the_cure(world) -> None:
    with pytest.raises(ExportError, match=r'families = \["linear"\]'):
        pair_of(world.exported)


def test_steps_and_missing_numbers_are_refused(linear) -> None:
    steps = IsotonicCalibration(logits=(-1.0, 1.0), probabilities=(0.2, 0.7))
    with pytest.raises(ExportError, match="calibrated by steps"):
        pair_of(exported(linear, calibration=steps))
    fields = tuple(
        msgspec.structs.replace(field, nullable=True) if field.name == "tenure" else field
        for field in linear.schema.fields
    )
    schema = msgspec.structs.replace(linear.schema, fields=fields)
    with pytest.raises(ExportError, match="tenure may be missing"):
        pair_of(exported(linear, schema=schema))
