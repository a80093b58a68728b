"""The exported Python file scores as the service does, on bare Python."""

import csv
import importlib.util
import io
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from churn_service.exports.python_module import write


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def module(plain_world, tmp_path: Path) -> ModuleType:
    write(plain_world.exported, tmp_path / "churn_model.py")
    return loaded(tmp_path / "churn_model.py")


def test_every_kind_of_model_has_the_same_bits(world, tmp_path: Path) -> None:
    write(world.exported, tmp_path / "churn_model.py")
    predict = loaded(tmp_path / "churn_model.py").predict

    assert [predict(row)["churn_probability"] for row in world.rows] == world.chances


def test_all_telco_customers_have_the_same_bits(telco_world, tmp_path: Path) -> None:
    write(telco_world.exported, tmp_path / "churn_model.py")
    predict = loaded(tmp_path / "churn_model.py").predict

    assert [predict(row)["churn_probability"] for row in telco_world.rows] == telco_world.chances


def test_a_bad_customer_is_refused_with_every_field(module, plain_world) -> None:
    row = {**plain_world.rows[0], "Club": "maybe", "Spend (EUR)": "much"}
    del row["Town"]

    with pytest.raises(ValueError, match="must be a number; town is missing; club must"):
        module.predict(row)


def test_values_may_be_numbers_true_and_none(module) -> None:
    row = {"visits": 5, "spend_(eur)": None, "town": "Town 1", "club": True}
    text = {"Visits": "5", "Spend (EUR)": "", "Town": "town_1", "Club": "yes"}

    assert module.predict(row) == module.predict(text)


@pytest.mark.parametrize("number", [True, -1e9, float("nan"), "x"])
def test_a_number_that_is_none_is_refused(module, plain_world, number) -> None:
    with pytest.raises(ValueError, match="spend"):
        module.predict({**plain_world.rows[0], "Spend (EUR)": number})


def test_a_file_is_scored_from_the_command_line(plain_world, tmp_path: Path, python: str) -> None:
    write(plain_world.exported, tmp_path / "churn_model.py")
    rows = [*plain_world.rows, {**plain_world.rows[0], "Club": "maybe"}]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)

    done = subprocess.run(
        [python, "-I", "-S", str(tmp_path / "churn_model.py")],
        input=text.getvalue(),
        capture_output=True,
        text=True,
        check=False,
    )
    scored = list(csv.DictReader(io.StringIO(done.stdout)))

    assert done.returncode == 1
    assert [float(row["churn_probability"]) for row in scored[:-1]] == plain_world.chances
    assert [row["customer_id"] for row in scored] == [row["who"] for row in rows]
    assert scored[-1]["error"].startswith("club must be one of")
