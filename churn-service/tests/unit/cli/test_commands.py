import csv
import importlib
import io
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from churn_contract.errors import SchemaError
from churn_service import cli
from churn_service.cli import options
from churn_service.training import trainer
from churn_service.training.errors import FitError, ProcessError
from churn_service.training.trainer import Registration


def run(*arguments: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments], env=env)


def module(name: str) -> Any:
    """The module itself; in the package, its name stands for the command."""
    return importlib.import_module(f"churn_service.cli.{name}")


@pytest.fixture
def registry(gym_version: Registration) -> dict[str, str]:
    """The environment that points at the made-up table's model."""
    root = gym_version.folder.parent.parent
    return {"CHURN_MODEL_ROOT": str(root), "CHURN_MODEL_NAME": "gym"}


def test_every_command_explains_itself() -> None:
    for command in cli.main.commands:
        assert run(command, "--help").exit_code == 0
    assert "churn train --data customers.csv" in run("--help").output


def test_predict_writes_a_line_per_customer(registry: dict[str, str], gym_files: Any) -> None:
    result = run("predict", "--data", gym_files.data, env=registry)

    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert result.exit_code == 0
    assert len(rows) == 1500
    assert list(rows[0]) == ["customer_id", "churn_probability", "churn", "model_version"]
    assert rows[0]["customer_id"] == "M-00000"
    assert "note: column Joined is not used by the model" in result.stderr


def test_predict_writes_a_file(registry: dict[str, str], gym_files: Any, tmp_path: Path) -> None:
    output = tmp_path / "scores.csv"

    result = run("predict", "--data", gym_files.data, "--output", output, env=registry)

    assert "1500 customers scored" in result.stderr
    assert output.read_text().startswith("customer_id,churn_probability,churn,model_version\nM-0")


def test_predict_leaves_nothing_behind_when_the_disk_is_full(
    registry: dict[str, str], gym_files: Any, tmp_path: Path
) -> None:
    output, limits = tmp_path / "scores.csv", resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        result = run("predict", "--data", gym_files.data, "--output", output, env=registry)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert result.exit_code == 1
    assert "scores.csv: cannot be written (File too large)" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_predict_writes_to_a_device(registry: dict[str, str], gym_files: Any) -> None:
    result = run("predict", "--data", gym_files.data, "--output", os.devnull, env=registry)

    assert "1500 customers scored, written to /dev/null" in result.stderr
    assert Path(os.devnull).is_char_device()


def test_predict_names_bad_rows_and_writes_nothing(
    registry: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "bad.csv"
    header = "member_no,home_club,age,monthly_fee,has_trainer,visits,postcode,mood\n"
    data.write_text(header + "M,North,abc,1,yes,1,1000,good\n" * 25)
    output = tmp_path / "scores.csv"

    result = run("predict", "--data", data, "--output", output, env=registry)

    assert result.exit_code == 1
    assert "25 problem(s); nothing was scored" in result.output
    assert "line 2: age must be a number from" in result.output
    assert "and 5 more" in result.output
    assert not output.exists()


def test_versions_are_listed_shown_and_verified(
    registry: dict[str, str], gym_version: Registration
) -> None:
    version = gym_version.version

    assert f"* {version}  20" in run("models", "list", env=registry).output
    assert "AUC 0." in run("models", "list", env=registry).output
    shown = run("models", "show", env=registry).output
    assert "# Model card: gym" in shown
    assert "6. Evaluation" in shown
    assert f"{version} is intact" in run("models", "verify", env=registry).output
    assert run("models", "verify", version, env=registry).exit_code == 0


def test_an_empty_registry_says_how_to_make_a_model(tmp_path: Path) -> None:
    result = run("models", "list", "--model-root", tmp_path)

    assert result.exit_code == 0
    assert "make one: churn train" in result.output


def test_a_damaged_version_is_refused_with_exit_code_3(
    gym_version: Registration, tmp_path: Path
) -> None:
    folder = tmp_path / "gym" / gym_version.version
    folder.mkdir(parents=True)
    for path in gym_version.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "card.md").write_text("better")
    options = ("--model-root", tmp_path, "--name", "gym")

    result = run("models", "verify", gym_version.version, *options)

    assert result.exit_code == 3
    assert "the model is refused: card.md: has 6 bytes instead of" in result.output
    assert "refused: card.md" in run("models", "list", *options).output


def test_train_prints_the_report_and_the_version(gym_files: Any, tmp_path: Path) -> None:
    options = ("--data", gym_files.data, "--config", gym_files.config)

    result = run("train", *options, "--model-root", tmp_path, "--name", "gym")

    assert result.exit_code == 0
    assert "Training report of the model 'gym'" in result.output
    assert "it is the champion" in result.output
    assert (tmp_path / "gym" / "aliases" / "champion").is_file()


def test_errors_are_one_line_with_their_exit_code(tmp_path: Path) -> None:
    data, config = tmp_path / "data.csv", tmp_path / "train.toml"
    data.write_text("a,b\n1,2\n")
    config.write_text("[data]\ntarget = 'b'\n")

    wrong_config = run("train", "--data", data, "--config", config)
    config.write_text("[data]\ntarget = 'b'\npositive = '2'\n")
    wrong_data = run("train", "--data", data, "--config", config)

    assert wrong_config.exit_code == 2
    assert wrong_config.output.count("\n") == 1
    assert "[data] positive must be" in wrong_config.output
    assert wrong_data.exit_code == 1
    assert "must have two values" in wrong_data.output
    assert run("train", "--data", tmp_path / "none").exit_code == 2


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(FitError("did not converge"), 3), (SchemaError("field x"), 1), (ProcessError("ended"), 1)],
)
def test_what_stops_a_training_decides_the_exit_code(
    gym_files: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, exit_code: int
) -> None:
    def stop(*_: object) -> None:
        raise error

    monkeypatch.setattr(trainer, "train_model", stop)
    result = run("train", "--data", gym_files.data, "--config", gym_files.config)

    assert result.exit_code == exit_code
    assert str(error) in result.output


def test_evaluate_prints_a_table_or_json(gym_files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from churn_service.training import cross_validation  # noqa: PLC0415 - shortened for this test

    monkeypatch.setattr(cross_validation, "REPEATS", 1)
    options = ("--data", gym_files.data, "--config", gym_files.config, "--jobs", 1)

    table = run("evaluate", *options, "--course")
    as_json = run("evaluate", *options, "--json")

    assert "fold 5/5" in table.stderr
    assert "course: DictVectorizer" in table.stdout
    assert set(json.loads(as_json.stdout)) == {"spline"}


def test_without_the_training_libraries_the_cure_is_named(
    gym_files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "churn_service.training.trainer", None)
    result = run("train", "--data", gym_files.data, "--config", gym_files.config)

    assert result.exit_code == 2
    assert "churn-service[train]" in result.output


def test_config_shows_every_setting_and_its_origin() -> None:
    result = run("config", env={"CHURN_THREADS": "3"})

    assert "CHURN_THREADS" in result.output
    assert "(default)" in result.output


def test_wrong_settings_have_exit_code_2() -> None:
    result = run("config", env={"CHURN_THREADS": "many"})

    assert result.exit_code == 2
    assert "CHURN_THREADS" in result.output


def test_serve_hands_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[dict[str, str]] = []
    monkeypatch.setattr("churn_service.app.run", lambda environ: served.append(dict(environ)))

    assert run("serve", env={"PORT": "1234"}).exit_code == 0
    assert served[0]["PORT"] == "1234"


def test_a_user_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nameless)
    assert options.actor() == "unknown"
