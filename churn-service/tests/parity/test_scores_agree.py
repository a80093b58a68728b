"""Service, CLI, predictor and training pipeline score alike, to 1e-12."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from churn_contract.schema import CustomerSchema
from churn_service.app import create_app, create_registry
from churn_service.cli import main
from churn_service.loading import load_predictor
from churn_service.settings import Settings
from churn_service.training.table import Table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import Registration
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

CASES = ["telco", "gym"]


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[TrainedModel, Registration, Path]:
    """A trained model, where it was registered, and the table it came from."""
    name = request.param
    return (
        request.getfixturevalue(f"{name}_model"),
        request.getfixturevalue(f"{name}_version"),
        request.getfixturevalue(f"{name}_files").data,
    )


@pytest.fixture(scope="module")
def expected(case: tuple[TrainedModel, Registration, Path]) -> Any:
    model = case[0]
    return model.fit.probabilities(model.dataset.matrix())


def close(found: list[float], expected: Any) -> bool:
    return bool(np.abs(np.array(found) - expected).max() <= 1e-12)


def test_the_predictor_scores_as_the_training_pipeline(
    case: tuple[TrainedModel, Registration, Path], expected: Any
) -> None:
    model, version, _ = case
    predictions = load_predictor(version.folder).predict(model.dataset.customers)

    assert close([prediction.churn_probability for prediction in predictions], expected)


def test_the_command_line_scores_as_the_training_pipeline(
    case: tuple[TrainedModel, Registration, Path], expected: Any, tmp_path: Path
) -> None:
    _, version, data = case
    output = tmp_path / "scores.csv"
    root, name = version.folder.parent.parent, version.folder.parent.name

    options = ["--data", data, "--output", output, "--model-root", root, "--name", name]
    result = CliRunner().invoke(main, ["predict", *map(str, options)])

    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(output.read_text(encoding="utf-8"))))
    assert close([float(row["churn_probability"]) for row in rows], expected)
    assert {row["model_version"] for row in rows} == {version.version}


@pytest.fixture(scope="module")
def client(case: tuple[TrainedModel, Registration, Path]) -> FlaskClient:
    folder = case[1].folder
    settings = Settings(model_root=folder.parent.parent, model_name=folder.parent.name)
    log, metrics = EventLog("churn-service", "0", io.StringIO()), Metrics()
    registry = create_registry(settings, log=log, metrics=metrics)
    registry.refresh()
    return create_app(settings, registry=registry, log=log, metrics=metrics).test_client()


def records(table: Table, schema: CustomerSchema) -> Iterator[dict[str, object]]:
    """Turn the raw rows of a file into the JSON that a client would send."""
    for row in table.rows:
        cells = dict(zip(table.names, row, strict=True))
        yield {
            (field.raw or field.name): json_value(field.kind, cells[field.name])
            for field in (*schema.features, schema.field(str(schema.id)))
        }


def json_value(kind: str, cell: str) -> object:
    if not cell:
        return None
    return float(cell) if kind == "number" else cell


def test_the_service_scores_raw_rows_as_the_training_pipeline(
    case: tuple[TrainedModel, Registration, Path], client: FlaskClient, expected: Any
) -> None:
    model, version, _ = case
    body = list(records(model.dataset.table, model.document.schema))

    answer = client.post("/predict", data=json.dumps(body), content_type="application/json")

    assert answer.status_code == 200, answer.text[:1000]
    assert close([entry["churn_probability"] for entry in answer.json or []], expected)
    assert {entry["model_version"] for entry in answer.json or []} == {version.version}
    assert [entry["customer_id"] for entry in answer.json or []] == list(model.dataset.keys)


def test_the_service_takes_canonical_customers_one_by_one(
    case: tuple[TrainedModel, Registration, Path], client: FlaskClient, expected: Any
) -> None:
    model = case[0]
    names = [field.name for field in model.document.schema.features]

    for row in range(0, len(model.dataset.customers), 97):
        body = dict(zip(names, model.dataset.customers[row].values, strict=True))
        answer = client.post("/predict", json=body)
        assert answer.json is not None
        assert abs(answer.json["churn_probability"] - expected[row]) <= 1e-12
