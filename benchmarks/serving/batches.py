"""Many customers in one body over HTTP: Arrow, JSON array, CSV; rows per CPU second."""

import contextlib
import csv
import io
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.row import Row
from benchmarks.serving.client import Request
from benchmarks.serving.cost import Asked, cpu_seconds_per_request
from benchmarks.serving.model import make_world
from benchmarks.serving.ours import start_noop, start_ours
from churn_contract.schema import CustomerSchema

ARROW_TYPE = "application/vnd.apache.arrow.stream"
_ARROW_ROWS, _JSON_ROWS, _CSV_ROWS = 100_000, 1_000, 50_000
_ARROW, _WIDE, _LIMIT = "arrow", "arrow, codes of four bytes", "arrow, read by a no-op"
_GOALS = {_ARROW: 10e6, _WIDE: None, "arrow, trees": 1e6, "json": 400e3, "csv": 1.2e6}
_ARROW_OVER_JSON = 40.0
Record = dict[str, object]


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield rows per CPU second of each kind of body, linear model and trees."""
    speeds = _speeds(rounds=9 if full else 3)
    for kind, goal in _GOALS.items():
        limit = speeds[_LIMIT] if kind == _ARROW else None
        yield Row(
            f"rows per CPU second over HTTP, {kind}, fully validated",
            speeds[kind],
            "rows/s",
            f">= {goal:.3g} rows/s" if goal else "",
            met=speeds[kind] >= goal if goal else None,
            rival=limit,
            ratio=speeds[kind] / limit if limit else None,
        )
    ratio = speeds[_ARROW] / speeds["json"]
    yield Row(
        "Arrow batch over JSON array",
        ratio,
        "x",
        f">= {_ARROW_OVER_JSON:g} x",
        met=ratio >= _ARROW_OVER_JSON,
        rival=speeds["json"],
        ratio=ratio,
    )


def _speeds(rounds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        linear = make_world(folder / "linear")
        trees = make_world(folder / "trees", "trees")
        server = start_ours(linear, folder / "linear")
        stack.callback(server.stop)
        of_trees = start_ours(trees, folder / "trees")
        stack.callback(of_trees.stop)
        schema, records = linear.predictor().schema, linear.records()
        noop = start_noop(folder / "no-op")
        stack.callback(noop.stop)
        many = _repeated(records, _ARROW_ROWS)
        arrow = _arrow(schema, many, code_bits=8)
        asked = {
            _ARROW: Asked(server, arrow, 20, 1),
            _WIDE: Asked(server, _arrow(schema, many, code_bits=32), 20, 1),
            _LIMIT: Asked(noop, arrow, 20, 1),
            "arrow, trees": Asked(of_trees, arrow, 5, 1),
            "json": Asked(server, _json(_repeated(records, _JSON_ROWS)), 100, 1),
            "csv": Asked(server, _csv(_repeated(records, _CSV_ROWS)), 5, 1),
        }
        cost = cpu_seconds_per_request(asked, rounds)
    return {kind: item.request.rows / cost[kind] for kind, item in asked.items()}


def _repeated(records: Sequence[Record], count: int) -> list[Record]:
    return list(itertools.islice(itertools.cycle(records), count))


def _json(records: Sequence[Record]) -> Request:
    return Request("/predict", msgspec.json.encode(records), rows=len(records))


def _csv(records: Sequence[Record]) -> Request:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return Request("/predict", text.getvalue().encode(), "text/csv", rows=len(records))


def _arrow(schema: CustomerSchema, records: Sequence[Record], code_bits: int) -> Request:
    """Return a stream with dictionaries for levels and doubles for numbers."""
    import pyarrow as pa  # noqa: PLC0415 - only this part needs it

    codes = pa.int8() if code_bits == 8 else pa.int32()
    columns = {}
    for field in schema.features:
        values = [record[field.name] for record in records]
        if field.kind == "number":
            columns[field.name] = pa.array(values, pa.float64())
        else:
            levels = pa.dictionary(codes, pa.utf8())
            columns[field.name] = pa.array(values, pa.utf8()).dictionary_encode().cast(levels)
    batch = pa.record_batch(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return Request("/predict", sink.getvalue().to_pybytes(), ARROW_TYPE, rows=len(records))
