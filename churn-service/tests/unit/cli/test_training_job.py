import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from churn_service import cli

HYPERPARAMETERS = {
    "target": "Cancelled",
    "positive": "1",
    "id": '"Member No"',
    "horizon_days": "30",
    "families": "spline",
    "sagemaker_region": '"somewhere"',
}


class Job:
    """The folder that a training container finds."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.channel = base / "input/data/training"
        self.channel.mkdir(parents=True)
        (base / "input/config").mkdir()
        self.write(HYPERPARAMETERS)

    def write(self, parameters: object) -> None:
        path = self.base / "input/config/hyperparameters.json"
        path.write_text(parameters if isinstance(parameters, str) else json.dumps(parameters))

    def run(self) -> Result:
        return CliRunner().invoke(cli.main, ["train"], env={"SAGEMAKER_BASE_DIR": str(self.base)})

    @property
    def failure(self) -> str:
        return (self.base / "output/failure").read_text()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "ml")


def test_a_job_trains_from_its_hyperparameters(job: Job, gym_files: Any) -> None:
    shutil.copy(gym_files.data, job.channel / "members.csv")
    (job.channel / "_SUCCESS").touch()

    result = job.run()

    assert result.exit_code == 0, result.output
    assert "it is the champion" in result.output
    assert (job.base / "model/churn/aliases/champion").is_file()
    assert 'id = "Member No"' in (job.base / "output/data/train.toml").read_text()
    assert not (job.base / "output/failure").exists()


def test_a_training_file_beside_the_table_is_used(
    job: Job, gym_files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from churn_service.training import trainer  # noqa: PLC0415 - replaced for this test

    def stop(_table: object, settings: Any, name: str, _plan: object) -> None:
        raise ValueError(f"{settings.id}, {name}")

    monkeypatch.setattr(trainer, "train_model", stop)
    job.channel.rename(job.channel.with_name("train"))
    for path in (gym_files.data, gym_files.config):
        shutil.copy(path, job.channel.with_name("train") / path.name)
    job.write({})

    assert isinstance(job.run().exception, ValueError)
    assert job.failure == "Member No, churn"


def test_target_and_positive_are_enough(
    job: Job, gym_files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from churn_service.training import trainer  # noqa: PLC0415 - replaced for this test

    def stop(_table: object, settings: Any, *_: object) -> None:
        raise ValueError(f"{settings.target} {settings.positive} {settings.id}")

    monkeypatch.setattr(trainer, "train_model", stop)
    shutil.copy(gym_files.data, job.channel)
    job.write({"target": "Cancelled", "positive": "1"})

    job.run()

    assert job.failure == "Cancelled 1 None"


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"positive": "1"}, "missing: ['target']"),
        (HYPERPARAMETERS | {"depth": "3"}, "unknown: ['depth']"),
        (HYPERPARAMETERS | {"horizon_days": "30\n[model]"}, "must be a whole number"),
        ("[]", "must hold an object"),
        ("{", "is not JSON"),
    ],
)
def test_wrong_hyperparameters_are_named_in_the_failure_file(
    job: Job, gym_files: Any, parameters: object, says: str
) -> None:
    shutil.copy(gym_files.data, job.channel)
    job.write(parameters)

    result = job.run()

    assert result.exit_code == 2
    assert says in result.output
    assert says in job.failure


def test_a_channel_with_two_tables_is_refused(job: Job, gym_files: Any) -> None:
    for name in ("a.csv", "b.csv"):
        shutil.copy(gym_files.data, job.channel / name)

    assert job.run().exit_code == 2
    assert "must hold one table, not 2 files" in job.failure


def test_a_job_without_the_channel_is_refused(job: Job) -> None:
    job.channel.rmdir()

    assert job.run().exit_code == 2
    assert "no channel training or train" in job.failure


def test_without_a_job_the_options_are_needed(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.main, ["train"], env={"SAGEMAKER_BASE_DIR": str(tmp_path)})

    assert result.exit_code == 2
    assert "Missing option '--data'" in result.output
