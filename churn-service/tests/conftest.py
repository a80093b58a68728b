"""Tables to learn from: the public one where it is at hand, and one made up here."""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from churn_service.artefact.aliases import CHAMPION, write_alias
from churn_service.training.config import parse_config
from churn_service.training.table import parse_table, read_table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import Registration, train_model, write_trained

ROOT = Path(__file__).resolve().parents[2]

TELCO_TOML = """
[data]
target = "Churn"
positive = "Yes"
id = "customerID"
horizon_days = 30

[model]
families = ["spline"]
"""

GYM_TOML = """
[data]
target = "Cancelled"
positive = 1
id = "Member No"

[columns.Age]
unit = "years"
label = "Age of the member"
sensitive = true

[columns."Home Club"]
unknown = "other"

[model]
families = ["spline"]
"""

GYM_HEADER = (
    "Member No", " Home Club", "Age", "Monthly Fee ", "Has Trainer", "Visits", "Joined",
    "E-Mail", "Country", "Postcode", "Mood", "Cancelled",
)  # fmt: skip


@dataclass(frozen=True)
class Files:
    """A table and its training file on disk."""

    data: Path
    config: Path


def gym_rows(count: int, seed: int) -> list[list[str]]:
    """Make members whose leaving depends on visits, fee, trainer and mood."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        visits, fee = int(random.poisson(6)), round(float(random.uniform(15, 90)), 2)
        trainer, mood = bool(random.random() < 0.3), str(random.choice(["", "None", "good"]))
        logit = 0.5 - 0.35 * visits + 0.02 * fee - 1.1 * trainer + (mood == "None")
        rows.append([
            f"M-{number:05d}",
            str(random.choice(["North", "South", "Old Town", "Harbour"])),
            str(random.integers(16, 80)),
            "" if random.random() < 0.05 else str(fee),
            str(trainer).upper(),
            str(visits),
            f"20{random.integers(10, 24)}-0{random.integers(1, 9)}-11",
            f"member{number}@example.test",
            "NL",
            f"P{random.choice([1000, 2000]) if random.random() < 0.9 else 3000 + number % 60}",
            mood,
            str(int(random.random() < 1 / (1 + np.exp(-logit)))),
        ])  # fmt: skip
    return rows


def as_csv(header: tuple[str, ...], rows: list[list[str]], separator: str = ",") -> str:
    """Write a table as text."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows([header, *rows])
    return text.getvalue()


@pytest.fixture(autouse=True, scope="session")
def _disk_without_power_cuts() -> Iterator[None]:
    """Let nobody wait for the disk: power does not fail in a test, files are renamed all the same.

    What the order of writing and syncing must be is checked where both are counted.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


def in_charge(model: TrainedModel, root: Path) -> Registration:
    """Write a version and make it the champion."""
    done = write_trained(model, root)
    name = model.document.name
    write_alias(root, name, CHAMPION, done.version, reason="tests", actor="tests")
    return done


@pytest.fixture(scope="session")
def telco_csv() -> Path:
    """The public Telco table; it is not part of this repository."""
    given = os.environ.get("TELCO_CSV")
    beside = sorted((ROOT.parent / "shared" / "data" / "telco").glob("*.csv"))
    found = [Path(given)] if given else beside
    if not found or not found[0].is_file():
        pytest.skip("needs the public Telco table: set TELCO_CSV to the path of its CSV file")
    return found[0]


@pytest.fixture(scope="session")
def telco_files(telco_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Files:
    config = tmp_path_factory.mktemp("telco") / "train.toml"
    config.write_text(TELCO_TOML)
    return Files(telco_csv, config)


@pytest.fixture(scope="session")
def telco_model(telco_csv: Path) -> TrainedModel:
    return train_model(read_table(telco_csv), parse_config(TELCO_TOML.encode()), "churn")


@pytest.fixture(scope="session")
def telco_version(
    telco_model: TrainedModel, tmp_path_factory: pytest.TempPathFactory
) -> Registration:
    return in_charge(telco_model, tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="session")
def gym_files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A table of another shape: other names, semicolons, Windows encoding and line ends."""
    folder = tmp_path_factory.mktemp("gym")
    files = Files(folder / "members.csv", folder / "train.toml")
    rows = gym_rows(1500, seed=7)
    rows[0][1] = "Café"
    rows[1][1] = "Café"
    files.data.write_bytes(as_csv(GYM_HEADER, rows, separator=";").encode("cp1252"))
    files.config.write_text(GYM_TOML)
    return files


@pytest.fixture(scope="session")
def gym_model(gym_files: Files) -> TrainedModel:
    table = parse_table(gym_files.data.read_bytes())
    return train_model(table, parse_config(gym_files.config.read_bytes()), "gym")


@pytest.fixture(scope="session")
def gym_version(gym_model: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Registration:
    return in_charge(gym_model, tmp_path_factory.mktemp("registry"))
