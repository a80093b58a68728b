"""The same two commands train and serve a table of another shape."""

import io
import json
import tokenize
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import churn_service
from churn_service.app import create_app, create_registry
from churn_service.cli import main
from churn_service.settings import Settings
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

# `contract` and `churn` are words of ours, too; these belong to the demo's table alone
TELLING = ("tenure", "monthlycharges", "totalcharges", "seniorcitizen", "internetservice",
           "paperlessbilling", "paymentmethod", "month-to-month", "fiber", "telco")  # fmt: skip


def test_train_and_serve_a_table_of_another_shape(gym_files: Any, tmp_path: Path) -> None:
    options = ("--data", gym_files.data, "--config", gym_files.config, "--model-root", tmp_path)
    trained = CliRunner().invoke(main, ["train", *map(str, options)])
    assert trained.exit_code == 0, trained.output

    settings = Settings(model_root=tmp_path)
    log, metrics = EventLog("churn-service", "0", io.StringIO()), Metrics()
    registry = create_registry(settings, log=log, metrics=metrics)
    registry.refresh()
    client = create_app(settings, registry=registry, log=log, metrics=metrics).test_client()
    member = {
        "Member No": "M-9",
        "Home Club": "A new one",
        "Age": 44,
        "Monthly Fee": None,
        "Has Trainer": True,
        "Visits": 2,
        "Postcode": "P9999",
        "Mood": "None",
    }
    answer = client.post("/predict", data=json.dumps(member), content_type="application/json")

    assert client.get("/health/ready").status_code == 200
    assert answer.status_code == 200, answer.text
    assert 0 < (answer.json or {})["churn_probability"] < 1
    assert b"Age of the member" in client.get("/score").data


@pytest.mark.parametrize(
    "path", sorted(Path(churn_service.__file__).parent.rglob("*.py")), ids=lambda path: path.stem
)
def test_no_code_knows_the_demo_s_table(path: Path) -> None:
    with path.open("rb") as source:
        text = " ".join(token.string.lower() for token in tokenize.tokenize(source.readline))

    assert not [word for word in TELLING if word in text]
