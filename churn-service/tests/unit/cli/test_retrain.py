"""`churn retrain`: from files to a challenger."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from churn_service.cli import main

CONFIG = """
[data]
target = "left"
positive = "yes"
id = "customer"

[model]
families = ["spline"]
"""
OTHER = {"Basic": "Plus", "Plus": "Basic"}
HEADER = (
    "customer_id,campaign_id,arm,action,propensity,planned_at,outcome,window_end,"
    "attributes_hash,attrs.age,attrs.plan"
)


def people(first: int, count: int) -> list[tuple[str, int, str, str]]:
    """Make customers of known risk: id, age, plan, whether they left."""
    rng = np.random.default_rng(first)
    made = []
    for number in range(first, first + count):
        age, plan = int(rng.integers(18, 80)), str(rng.choice(["Basic", "Plus"]))
        chance = 1 / (1 + np.exp((age - 45) / 10 - 1.5 * (plan == "Plus")))
        made.append((f"c{number}", age, plan, "yes" if rng.random() < chance else "no"))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A base table, feedback of one campaign, and the training file."""
    lines = [f"{one},{age},{plan},{left}" for one, age, plan, left in people(0, 1000)]
    (tmp_path / "base.csv").write_text("\n".join(["customer,age,plan,left", *lines]) + "\n")
    # Of a time when the other plan was the risky one.
    turned = [f"{one},{age},{OTHER[plan]},{left}" for one, age, plan, left in people(0, 1000)]
    (tmp_path / "old.csv").write_text("\n".join(["customer,age,plan,left", *turned]) + "\n")
    (tmp_path / "train.toml").write_text(CONFIG)
    write_feedback(tmp_path)
    return tmp_path


def write_feedback(folder: Path, *, share: float = 0.5) -> None:
    rows = [HEADER]
    for place, (one, age, plan, left) in enumerate(people(5000, 800)):
        contacted = place % 2 == 0
        arm, action = ("treated", "gift") if contacted else ("control", "none")
        outcome = "churned" if left == "yes" else "stayed"
        rows.append(
            f"{one},spring,{arm},{action},{share if contacted else 0.5},2027-01-01T00:00:00Z,"
            f"{outcome},2027-02-01T00:00:00Z,ff,{age},{plan.lower()}"
        )
    (folder / "feedback.csv").write_text("\n".join(rows) + "\n")


def run(folder: Path, command: str, data: str, *options: str) -> Result:
    files = ["--data", str(folder / data), "--config", str(folder / "train.toml")]
    root = ["--model-root", str(folder / "models")]
    return CliRunner().invoke(main, [command, *files, *root, *options])


def retrain(folder: Path, *options: str) -> Result:
    base = ["--base", str(folder / "base.csv")]
    return run(folder, "retrain", "feedback.csv", *base, "--as-of", "2028-01-01", *options)


def alias(folder: Path, name: str) -> str:
    found = json.loads((folder / "models" / "churn" / "aliases" / name).read_text())
    return str(found["version"])


def test_a_model_that_passes_the_gate_is_the_challenger_and_the_champion_stays(
    folder: Path,
) -> None:
    assert run(folder, "train", "old.csv").exit_code == 0
    champion = alias(folder, "champion")
    done = retrain(folder)
    assert done.exit_code == 0, done.output
    assert "800 rows of campaigns read, 400 of them used" in done.output
    assert "left out: 400 contacted" in done.output
    assert alias(folder, "champion") == champion
    assert alias(folder, "challenger") != champion
    assert f"churn models promote {alias(folder, 'challenger')}" in done.output


def test_the_same_files_give_the_same_version(folder: Path) -> None:
    first, again = retrain(folder), retrain(folder)
    assert first.exit_code == again.exit_code == 0
    assert first.output == again.output


def test_without_champion_the_model_is_the_challenger_of_nobody(folder: Path) -> None:
    assert retrain(folder).exit_code == 0
    assert alias(folder, "challenger")
    assert not (folder / "models" / "churn" / "aliases" / "champion").exists()


def test_feedback_may_come_from_stdin(folder: Path) -> None:
    files = ["--base", str(folder / "base.csv"), "--config", str(folder / "train.toml")]
    root = ["--model-root", str(folder / "models")]
    for data, code in (((folder / "feedback.csv").read_bytes(), 0), (b"", 1)):
        done = CliRunner().invoke(
            main, ["retrain", "--data", "-", "--as-of", "2028-01-01", *files, *root], input=data
        )
        assert done.exit_code == code, done.output
    assert "stdin: is empty" in done.output


def test_windows_that_are_open_teach_nothing(folder: Path) -> None:
    done = retrain(folder, "--as-of", "2027-01-15T00:00:00Z")
    assert done.exit_code == 1
    assert "400 whose window is open" in done.output


def test_campaigns_without_control_group_are_refused_and_nothing_is_written(
    folder: Path,
) -> None:
    write_feedback(folder, share=1.0)
    done = retrain(folder)
    assert done.exit_code == 1
    assert "contacted everybody it selected" in done.output
    assert not (folder / "models").exists()


def test_an_instant_that_is_none_is_wrong_usage(folder: Path) -> None:
    done = retrain(folder, "--as-of", "soon")
    assert done.exit_code == 2
    assert "not 'soon'" in done.output


def test_data_that_taught_nothing_new_says_so(folder: Path) -> None:
    assert run(folder, "retrain", "base.csv").exit_code == 0
    aliases = folder / "models" / "churn" / "aliases"
    (aliases / "champion").write_bytes((aliases / "challenger").read_bytes())
    again = run(folder, "retrain", "base.csv")
    assert again.exit_code == 0, again.output
    assert "is the champion already" in again.output
