"""The exported PMML document scores as the service does, in a small evaluator of our own."""

from pathlib import Path
from typing import Any

import pytest
from pmml_interpreter import Evaluator

from churn_service.exports.pmml import write


def scored(world, folder: Path) -> list[dict[str, Any]]:
    write(world.exported, folder / "model.pmml")
    evaluator = Evaluator(folder / "model.pmml")
    return [evaluator.score(values(world, row)) for row in world.rows]


def values(world, row: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in world.schema.features:
        name = field.raw or field.name
        cell = row[name].strip()
        found[name] = float(cell) if cell and field.kind == "number" else cell or None
    return found


def chances(scores: list[dict[str, Any]]) -> list[float]:
    return [score["churn_probability"] for score in scores]


def test_every_kind_of_model_scores_alike(world, tmp_path: Path) -> None:
    scores = scored(world, tmp_path)

    assert chances(scores) == pytest.approx(world.chances, abs=1e-9, rel=0)
    assert [score["churn"] for score in scores] == [chance >= 0.5 for chance in world.chances]


def test_telco_customers_score_alike(telco_world, tmp_path: Path) -> None:
    some = telco_world.with_rows(telco_world.rows[::20])

    expected = telco_world.chances[::20]
    assert chances(scored(some, tmp_path)) == pytest.approx(expected, abs=1e-9, rel=0)


def test_rows_that_do_not_fit_have_no_score(plain_world, tmp_path: Path) -> None:
    good = plain_world.rows[0]
    rows = [
        good,
        {**good, "Club": "maybe"},
        {**good, "Spend (EUR)": "-100000"},
        {**good, "Town": "Town 99"},
        {**good, "Visits": "", "Club": "", "Spend (EUR)": ""},
    ]

    scores = scored(plain_world.with_rows(rows), tmp_path)

    assert [not score for score in scores] == [False, True, True, False, False]


def test_the_same_model_gives_the_same_bytes(world, tmp_path: Path) -> None:
    for name in ("once", "again"):
        write(world.exported, tmp_path / name)

    assert (tmp_path / "once").read_bytes() == (tmp_path / "again").read_bytes()


def test_the_version_stands_in_the_header(plain_world, tmp_path: Path) -> None:
    write(plain_world.exported, tmp_path / "model.pmml")

    assert "churn model 0123456789ab" in (tmp_path / "model.pmml").read_text()
