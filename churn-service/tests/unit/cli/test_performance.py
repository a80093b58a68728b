"""`churn performance`: whether the probabilities came true."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from churn_service import cli
from churn_service.monitoring.saved import read_performance
from churn_service.training.trainer import Registration

AS_OF = ("--as-of", "2026-06-01")


def run(*arguments: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments], env=env)


@pytest.fixture
def feedback(tmp_path: Path) -> Path:
    """Outcomes of two months; the second leaves more than promised."""
    lines = ["score,planned_at,outcome,action"]
    lines += ["0.2,2026-01-10,churned,none", *["0.2,2026-01-11,stayed,none"] * 4] * 40
    lines += ["0.2,2026-02-10,churned,none", "0.2,2026-02-11,stayed,none"] * 100
    lines += ["0.2,2026-05-30,churned,none", ",2026-01-10,churned,none"]
    file = tmp_path / "feedback.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_performance_is_shown_by_cohort(feedback: Path) -> None:
    result = run("performance", "--data", feedback, "--as-of", "2026-06-01")
    assert result.exit_code == 0, result.output
    january, february = result.stdout.splitlines()[1:3]
    assert january.startswith("2026-01")
    assert january.endswith("as promised")
    assert february.endswith("more left than promised")
    assert "1 customers are younger than the horizon" in result.stdout
    assert "1 rows have no score" in result.stderr


def test_performance_as_json(feedback: Path) -> None:
    result = run(
        "performance", "--data", feedback, "--as-of", "2026-06-01", "--by", "quarter", "--json"
    )
    facts = json.loads(result.stdout)
    assert [cohort["period"] for cohort in facts["cohorts"]] == ["2026-Q1"]
    assert (facts["not_matured"], facts["without_score"]) == (1, 1)


def test_nothing_matured_is_said_in_words(feedback: Path) -> None:
    result = run("performance", "--data", feedback, "--as-of", "2026-01-01")
    assert "no cohort has matured" in result.stdout


def test_the_day_to_look_from_is_today(feedback: Path) -> None:
    assert run("performance", "--data", feedback).exit_code == 0


def test_a_table_without_outcomes_is_refused_with_the_cure(tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    file.write_text("score,planned_at\n0.5,2026-01-01\n")
    result = run("performance", "--data", file)
    assert result.exit_code == 1
    assert "name it with --outcome" in result.output


@pytest.fixture
def registry(gym_version: Registration) -> dict[str, str]:
    root = gym_version.folder.parent.parent
    return {"CHURN_MODEL_ROOT": str(root), "CHURN_MODEL_NAME": "gym"}


def test_a_measurement_is_saved_beside_the_champion(
    feedback: Path, registry: dict[str, str], gym_version: Registration
) -> None:
    result = run("performance", "--data", feedback, *AS_OF, "--save", env=registry)
    assert result.exit_code == 0, result.output
    root = Path(registry["CHURN_MODEL_ROOT"])
    saved = read_performance(root, "gym", gym_version.version)
    assert saved is not None
    assert (saved.as_of, saved.without_score) == (date(2026, 6, 1), 1)
    assert [cohort.holds for cohort in saved.cohorts] == [True, False]
    assert f"{gym_version.version}.json; the service shows it" in result.stderr


def test_scores_of_another_version_are_told_and_left_out(
    registry: dict[str, str], gym_version: Registration, tmp_path: Path
) -> None:
    file = tmp_path / "versions.csv"
    rows = [f"0.5,2026-01-10,churned,{version}" for version in (gym_version.version, "other")]
    file.write_text("\n".join(["score,planned_at,outcome,model_version", *rows]) + "\n")
    asked = run("performance", "--data", file, *AS_OF, "--version", "champion", env=registry)
    assert "1 rows were scored by other versions" in asked.stderr
    assert "other versions" not in run("performance", "--data", file, *AS_OF).stderr


def test_a_version_that_is_not_there_is_refused(feedback: Path, registry: dict[str, str]) -> None:
    result = run("performance", "--data", feedback, "--version", "0123456789ab", env=registry)
    assert result.exit_code == 3
    assert "no such version" in result.output
