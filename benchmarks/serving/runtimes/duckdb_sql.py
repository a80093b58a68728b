"""Score in DuckDB."""

import csv
from collections.abc import Sequence

import duckdb

from benchmarks.serving.runtimes.task import Task, run


def score(task: Task) -> Sequence[float]:
    """Run the exported statement over a table of all rows."""
    table = task.folder / "rows.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(task.rows[0]))
        writer.writeheader()
        writer.writerows(task.rows)
    statement = task.written("sql", dialect="duckdb", table="customers").read_text()
    with duckdb.connect() as connection:
        duckdb.read_csv(str(table), connection=connection).create("customers")
        return [row[1] for row in connection.execute(statement).fetchall()]


if __name__ == "__main__":
    run(score)
