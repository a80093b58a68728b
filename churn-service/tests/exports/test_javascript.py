"""The exported JavaScript scores as the service does, in Node.js."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from churn_service.exports.javascript import write

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="needs Node.js")
CLOSE = 1e-15

MAIN = """
import { readFileSync } from "node:fs";
import predict, { MODEL_VERSION, THRESHOLD, FIELDS } from "./churn_model.mjs";
const answers = JSON.parse(readFileSync(0, "utf8")).map((row) => {
  try { return predict(row); } catch (error) { return `${error.name}: ${error.message}`; }
});
console.log(JSON.stringify({ MODEL_VERSION, THRESHOLD, FIELDS, answers }));
"""


def run(exported: Any, rows: list[Any], folder: Path) -> dict[str, Any]:
    write(exported, folder / "churn_model.mjs")
    (folder / "main.mjs").write_text(MAIN)
    done = subprocess.run(
        [str(NODE), str(folder / "main.mjs")],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@needs_node
def test_every_kind_of_model_scores_the_same(world, tmp_path: Path) -> None:
    found = run(world.exported, world.rows, tmp_path)

    assert found["MODEL_VERSION"] == "0123456789ab"
    assert found["THRESHOLD"] == world.exported.document.threshold
    assert found["FIELDS"] == [field.name for field in world.schema.features]
    chances = [answer["churn_probability"] for answer in found["answers"]]
    assert chances == pytest.approx(world.chances, abs=CLOSE, rel=0)


@needs_node
def test_all_telco_customers_score_the_same(telco_world, tmp_path: Path) -> None:
    answers = run(telco_world.exported, telco_world.rows, tmp_path)["answers"]

    chances = [answer["churn_probability"] for answer in answers]
    assert len(chances) > 7000
    assert chances == pytest.approx(telco_world.chances, abs=CLOSE, rel=0)


@needs_node
def test_a_bad_customer_throws_with_every_field(plain_world, tmp_path: Path) -> None:
    bad = {**plain_world.rows[0], "Club": "constructor", "Spend (EUR)": "0x10"}
    del bad["Town"]

    [error, number, *others] = run(
        plain_world.exported, [bad, 5, None, [1], {"__proto__": 1}], tmp_path
    )["answers"]

    assert error.startswith("RangeError: spend_(eur) must be a number; town is missing; club must")
    assert number == "RangeError: a customer must be an object"
    assert all(other.startswith("RangeError") for other in others)


@needs_node
def test_values_may_be_numbers_true_and_null(plain_world, tmp_path: Path) -> None:
    values = {"visits": 5, "spend_(eur)": None, "town": "constructor", "club": True}
    cells = {"Visits": " 5", "Spend (EUR)": "", "Town": "elsewhere", "Club": "yes"}
    limits = {**values, "visits": 1e9}

    first, second, third = run(plain_world.exported, [values, cells, limits], tmp_path)["answers"]

    assert first == second
    assert third.startswith("RangeError: visits must be from")
