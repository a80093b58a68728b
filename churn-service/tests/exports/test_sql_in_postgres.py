"""The exported SQL scores as the service does in a real PostgreSQL."""

import csv
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import postgres_server
import pytest

from churn_service.exports.exported import Exported
from churn_service.exports.sql import statement

psycopg = pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    if program := postgres_server.missing_program():
        pytest.skip(f"{program} of PostgreSQL is not installed here")
    with (
        tempfile.TemporaryDirectory(prefix="pg-") as folder,  # short: a socket's path has a limit
        postgres_server.running(Path(folder)) as address,
        psycopg.connect(address, autocommit=True) as connection,
    ):
        yield connection


def scored(world, connection: Any, dialect: str = "postgres") -> list[Any]:
    """Score the rows of a world; numbers are doubles in the table, all else is text."""
    kinds = {field.raw or field.name: field.kind for field in world.schema.features}
    names = list(world.rows[0])
    number, text = "DOUBLE PRECISION", "TEXT"
    columns = ", ".join(
        f'"{name}" {number if kinds.get(name) == "number" else text}' for name in names
    )
    connection.execute("DROP TABLE IF EXISTS people")
    connection.execute(f"CREATE TABLE people ({columns})")
    cells = io.StringIO()
    csv.writer(cells).writerows([row[name].strip() for name in names] for row in world.rows)
    with connection.cursor().copy("COPY people FROM STDIN WITH (FORMAT csv)") as copy:
        copy.write(cells.getvalue())
    exported = world.exported
    chosen = Exported(exported.version, exported.document, {"dialect": dialect, "table": "people"})
    return list(connection.execute(statement(chosen)).fetchall())


def test_every_kind_of_model_scores_alike(world, connection) -> None:
    found = scored(world, connection)

    assert [row[1] for row in found] == pytest.approx(world.chances, abs=1e-9, rel=0)
    assert [row[2] for row in found] == [chance >= 0.5 for chance in world.chances]


def test_the_ansi_dialect_is_understood_too(plain_world, connection) -> None:
    found = scored(plain_world, connection, "ansi")

    assert [row[1] for row in found] == pytest.approx(plain_world.chances, abs=1e-9, rel=0)


def test_all_telco_customers_score_alike(telco_world, connection) -> None:
    found = {row[0]: row[1] for row in scored(telco_world, connection)}  # in no certain order

    ids = [row["customerID"] for row in telco_world.rows]
    assert [found[key] for key in ids] == pytest.approx(telco_world.chances, abs=1e-9, rel=0)


def test_rows_that_do_not_fit_have_no_score(plain_world, connection) -> None:
    good = plain_world.rows[0]
    rows = [
        good,
        {**good, "Club": "maybe"},
        {**good, "Spend (EUR)": "-100000"},
        {**good, "Town": "Town 99"},
        {**good, "Town": ""},
        {**good, "Visits": "", "Club": "", "Spend (EUR)": ""},
    ]

    found = scored(plain_world.with_rows(rows), connection)

    assert [row[1] is None for row in found] == [False, True, True, False, True, False]
