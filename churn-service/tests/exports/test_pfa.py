"""The exported PFA document scores as the service does; its engines are dead, so ours runs it."""

import json
from pathlib import Path
from typing import Any

from pfa_interpreter import Engine

from churn_service.exports.identifiers import identifiers
from churn_service.exports.pfa import write


def scored(world, folder: Path) -> list[Any]:
    write(world.exported, folder / "model.pfa")
    engine = Engine(folder / "model.pfa")
    return [engine.score(values(world, row)) for row in world.rows]


def values(world, row: dict[str, str]) -> list[Any]:
    """Return what an Avro record would hold: texts, numbers and nulls."""
    found: list[Any] = []
    for field in world.schema.features:
        cell = row[field.raw or field.name].strip()
        found.append(float(cell) if cell and field.kind == "number" else cell or None)
    return found


def chances(scores: list[Any]) -> list[float]:
    return [score["churn_probability"] for score in scores]


def test_every_kind_of_model_scores_with_the_same_bits(world, tmp_path: Path) -> None:
    scores = scored(world.with_rows(world.rows[:40]), tmp_path)

    expected = world.chances[:40]
    assert chances(scores) == expected
    assert [score["churn"] for score in scores] == [chance >= 0.5 for chance in expected]


def test_telco_customers_score_with_the_same_bits(telco_world, tmp_path: Path) -> None:
    """Every fortieth, as the engine is slow; `benchmarks.serving --only exports` runs all."""
    some = telco_world.with_rows(telco_world.rows[::40])

    assert chances(scored(some, tmp_path)) == telco_world.chances[::40]


def test_rows_that_do_not_fit_give_null(plain_world, tmp_path: Path) -> None:
    good = plain_world.rows[0]
    rows = [
        good,
        {**good, "Club": "maybe"},
        {**good, "Spend (EUR)": "-100000"},
        {**good, "Town": "Town 99"},
        {**good, "Visits": "", "Club": "", "Spend (EUR)": ""},
    ]

    scores = scored(plain_world.with_rows(rows), tmp_path)

    assert [score is None for score in scores] == [False, True, True, False, False]


def test_names_and_version_are_those_that_avro_takes(plain_world, tmp_path: Path) -> None:
    write(plain_world.exported, tmp_path / "model.pfa")
    document = json.loads((tmp_path / "model.pfa").read_text())

    names = [field["name"] for field in document["input"]["fields"]]
    assert names == list(identifiers(plain_world.schema.features))
    assert all(name.isidentifier() and name.isascii() for name in names)
    assert document["metadata"]["model_version"] == "0123456789ab"


def test_a_record_type_is_described_once(world, tmp_path: Path) -> None:
    write(world.exported, tmp_path / "model.pfa")
    text = (tmp_path / "model.pfa").read_text()

    for name in ("Curve", "Customer", "Score"):
        assert text.count(f'"name":"{name}"') == 1


def test_the_same_model_gives_the_same_bytes(world, tmp_path: Path) -> None:
    for name in ("once", "again"):
        write(world.exported, tmp_path / name)

    assert (tmp_path / "once").read_bytes() == (tmp_path / "again").read_bytes()
