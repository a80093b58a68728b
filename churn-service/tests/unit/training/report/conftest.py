"""A table of magazine readers, large enough for slices, and its trained model."""

import numpy as np
import pytest

from churn_service.training.config import parse_config
from churn_service.training.report.facts import Facts, report_facts
from churn_service.training.report.judged import Judged, judge_test_part
from churn_service.training.table import parse_table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import train_model

READERS_TOML = b"""
[data]
target = "gone"
positive = "yes"
id = "reader"

[columns.weeks]
unit = "weeks"

[columns.student]
sensitive = true

[model]
families = ["spline"]
"""


def readers_csv(rows: int = 5000) -> bytes:
    """Spell readers whose risk falls with weeks; edition south leaves for no reason of ours."""
    random = np.random.default_rng(11)
    lines = ["reader,weeks,edition,student,fee,gone"]
    for number in range(rows):
        weeks = int(random.integers(1, 200))
        edition = str(random.choice(["north", "south", "west"]))
        student = bool(random.random() < 0.3)
        fee = "" if random.random() < 0.04 else f"{random.uniform(5, 30):.2f}"
        logit = 0.8 - weeks / 60 + 0.7 * (edition == "south") + 0.4 * student
        gone = "yes" if random.random() < 1 / (1 + np.exp(-logit)) else "no"
        lines.append(f"r{number:05},{weeks},{edition},{'yes' if student else 'no'},{fee},{gone}")
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture(scope="session")
def readers_model() -> TrainedModel:
    return train_model(parse_table(readers_csv()), parse_config(READERS_TOML), "readers")


@pytest.fixture(scope="session")
def judged(readers_model: TrainedModel) -> Judged:
    return judge_test_part(readers_model)


@pytest.fixture(scope="session")
def facts(readers_model: TrainedModel) -> Facts:
    return report_facts(readers_model)
