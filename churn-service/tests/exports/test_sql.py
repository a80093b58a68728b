"""The exported SQL scores as the service does, in DuckDB; other dialects are run elsewhere."""

import csv
from pathlib import Path
from typing import Any

import pytest

from churn_service.exports.exported import Exported, ExportError
from churn_service.exports.sql import statement, write

duckdb = pytest.importorskip("duckdb")


def scored(world, folder: Path, *, typed: bool = False) -> list[Any]:
    """Score the rows of a world in DuckDB, all columns as texts or as it finds them."""
    path = folder / "customers.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(world.rows[0]))
        writer.writeheader()
        writer.writerows(world.rows)
    exported = world.exported
    chosen = Exported(exported.version, exported.document, {"dialect": "duckdb", "table": "people"})
    with duckdb.connect() as connection:
        customers = duckdb.read_csv(str(path), all_varchar=not typed, connection=connection)
        customers.create("people")
        return connection.execute(statement(chosen)).fetchall()


@pytest.mark.parametrize("typed", [False, True])
def test_every_kind_of_model_scores_alike(world, tmp_path: Path, *, typed: bool) -> None:
    found = [row[1] for row in scored(world, tmp_path, typed=typed)]

    assert found == pytest.approx(world.chances, abs=1e-9, rel=0)


def test_all_telco_customers_score_alike(telco_world, tmp_path: Path) -> None:
    found = scored(telco_world, tmp_path, typed=True)

    assert [row[1] for row in found] == pytest.approx(telco_world.chances, abs=1e-9, rel=0)
    assert [row[0] for row in found] == [row["customerID"] for row in telco_world.rows]


def test_rows_that_do_not_fit_have_no_score(plain_world, tmp_path: Path) -> None:
    good = plain_world.rows[0]
    rows = [
        good,
        {**good, "Club": "maybe"},
        {**good, "Spend (EUR)": "-100000"},
        {**good, "Town": "Town 99"},
        {**good, "Visits": ""},
    ]

    found = scored(plain_world.with_rows(rows), tmp_path)

    assert [row[1] is None for row in found] == [False, True, True, False, False]
    assert [row[2] is None for row in found] == [False, True, True, False, False]


def test_a_text_that_is_no_number_has_no_score(plain_world, tmp_path: Path) -> None:
    good = plain_world.rows[0]
    rows = [{**good, "Visits": "many"}, {**good, "Spend (EUR)": "some"}, {**good, "Visits": " "}]

    found = scored(plain_world.with_rows(rows), tmp_path)

    assert [row[1] is None for row in found] == [True, True, False]


def test_a_missing_town_is_none_that_nobody_knows(plain_world, tmp_path: Path) -> None:
    rows = [{**plain_world.rows[0], "Town": town} for town in ("Nowhere", "")]

    found = scored(plain_world.with_rows(rows), tmp_path)

    assert [row[1] is None for row in found] == [False, True]


def test_texts_cannot_end_their_quotes(plain_world) -> None:
    exported = plain_world.exported
    chosen = Exported(exported.version, exported.document, {"table": 'a"; DROP TABLE x; --'})

    assert 'FROM "a""; DROP TABLE x; --"' in statement(chosen)


@pytest.mark.parametrize("dialect", ["ansi", "postgres", "spark"])
def test_every_dialect_is_written_with_its_own_types(plain_world, tmp_path, dialect: str) -> None:
    exported = plain_world.exported
    write(Exported(exported.version, exported.document, {"dialect": dialect}), tmp_path / "s.sql")
    text = (tmp_path / "s.sql").read_text()

    assert f"{dialect} SQL" in text
    assert ("TRY_CAST" in text) == (dialect == "spark")
    assert ("`Town`" in text) == (dialect == "spark")


def test_an_unknown_dialect_is_told(plain_world) -> None:
    exported = plain_world.exported
    with pytest.raises(ExportError, match="there are: ansi, duckdb, postgres, spark"):
        statement(Exported(exported.version, exported.document, {"dialect": "cobol"}))
