"""Exported SQL in DuckDB: a Parquet file scored on one core, ids and scores written."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.row import Row, skipped
from benchmarks.training.telco import ABSENT, CONFIG, telco_csv
from churn_service.exports.exported import Exported
from churn_service.exports.sql import statement
from churn_service.training.config import parse_config
from churn_service.training.family_names import LINEAR, SPLINE, TREES
from churn_service.training.table import read_table
from churn_service.training.trainer import train_model

GOAL = 3.5e6
ROUNDS = 5
_COPIES = {False: 150, True: 750}


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield rows per CPU second by family, beside a copy of ids and one number."""
    table = telco_csv()
    if table is None:
        yield skipped("sql", ABSENT)
        return
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        count = _fill(connection, table, Path(folder), _COPIES[full])
        copy = 'SELECT "customerID", "MonthlyCharges" FROM customers'
        limit = count / _seconds(connection, copy)
        for family in (LINEAR, SPLINE, TREES):
            config = CONFIG + f'[model]\nfamilies = ["{family}"]\n'.encode()
            document = train_model(read_table(table), parse_config(config), "sql").document
            chosen = Exported("0123456789ab", document, {"dialect": "duckdb"})
            found = count / _seconds(connection, statement(chosen))
            name = f"SQL in DuckDB, {family}, {count:,} rows of Parquet (limit: a copy of ids)"
            is_asked = family != TREES
            yield Row(
                name, found, "rows/CPU-s", f">= {GOAL:g}" if is_asked else "",
                found >= GOAL if is_asked else None, limit, found / limit,
            )  # fmt: skip


def _fill(connection: duckdb.DuckDBPyConnection, table: Path, folder: Path, copies: int) -> int:
    """Write the table many times over, in another order, and give it the name `customers`."""
    parquet = folder / "customers.parquet"
    connection.read_csv(str(table)).create("once")
    many = connection.sql(f"SELECT once.* FROM once, range({copies:d}) ORDER BY hash(random())")  # noqa: S608 - a number
    many.write_parquet(str(parquet))
    connection.read_parquet(str(parquet)).create_view("customers")
    return len(connection.table("once")) * copies


def _seconds(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """Return the CPU time of writing a query's rows to a table, the median of the rounds."""
    spent = []
    for _ in range(ROUNDS):
        before = time.process_time()
        connection.execute(f"CREATE OR REPLACE TABLE scores AS {query}")
        spent.append(time.process_time() - before)
    return statistics.median(spent)
