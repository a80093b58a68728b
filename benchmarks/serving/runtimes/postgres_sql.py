"""Score in a PostgreSQL server of our own, which ends afterwards."""

import csv
import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.serving.runtimes.task import Task, run

sys.path.insert(0, str(Path(__file__).parents[3] / "churn-service/tests/exports"))


def score(task: Task) -> Sequence[float]:
    """Copy the rows to a table and run the exported statement."""
    import postgres_server  # noqa: PLC0415 - found by the path above

    statement = task.written("sql", dialect="postgres", table="customers").read_text()
    with (
        tempfile.TemporaryDirectory(prefix="pg-") as folder,
        postgres_server.running(Path(folder)) as address,
        psycopg.connect(address) as connection,
    ):
        _fill(connection, task)
        found = {row[0]: row[1] for row in connection.execute(statement.encode())}
    return [found[str(place)] for place in range(len(task.rows))]


def _fill(connection: Any, task: Task) -> None:
    """Make the table; the row's number stands for the id, as rows come in no order."""
    schema = task.model.document.schema
    described = schema.find(schema.id or "")
    identity = (described.raw or described.name) if described else "id"
    kinds = {
        field.raw or field.name: "DOUBLE PRECISION" if field.kind == "number" else "TEXT"
        for field in task.features
    }
    columns = ", ".join(f'"{name}" {kind}' for name, kind in ({identity: "TEXT"} | kinds).items())
    connection.execute(f"CREATE TABLE customers ({columns})")
    cells = io.StringIO()
    values = ([place, *customer.values()] for place, customer in enumerate(task.customers()))
    csv.writer(cells).writerows(values)
    with connection.cursor().copy("COPY customers FROM STDIN WITH (FORMAT csv)") as copy:
        copy.write(cells.getvalue())


if __name__ == "__main__":
    run(score)
