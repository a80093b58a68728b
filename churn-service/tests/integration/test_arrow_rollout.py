"""Columns under canary, shadow and drift: what is answered and counted is as for rows."""

import io
import itertools
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema
from churn_contract.validation import Validator
from churn_service.artefact.aliases import write_alias
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.interval import IntervalTable
from churn_service.artefact.promotions import Wish, promote
from churn_service.artefact.reference import SCORE, BinnedField, Reference
from churn_service.columnar.arrow_envelope import ArrowEnvelope
from churn_service.envelopes.form import Ask
from churn_service.monitoring.counts import BinCounter
from churn_service.predictor import Predictor

Record = dict[str, Any]
ARROW = "application/vnd.apache.arrow.stream"


def stream_of(records: list[Record]) -> bytes:
    table, sink = pa.Table.from_pylist(records), io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


@pytest.fixture
def records(schema: CustomerSchema) -> list[Record]:
    return list(itertools.islice(sample_customers(schema, seed=3), 300))


@pytest.fixture
def newer(document: ModelDocument) -> ModelDocument:
    scorer = msgspec.structs.replace(document.scorer, intercept=0.3)
    return msgspec.structs.replace(document, scorer=scorer)


def post(service: Any, records: list[Record], **headers: str) -> Any:
    kind = {"Content-Type": ARROW, **headers}
    answer = service.client.post("/predict", data=stream_of(records), headers=kind)
    assert answer.status_code == 200, answer.data
    return answer


@pytest.mark.parametrize("headers", [{}, {"Prefer": "handling=lenient"}])
def test_a_canary_answers_columns_of_its_customers(
    publisher: Any, make_service: Callable[..., Any], document: ModelDocument,
    newer: ModelDocument, records: list[Record], headers: dict[str, str],
) -> None:  # fmt: skip
    old, new = publisher.publish(document), publisher.publish(newer, promote=False)
    service = make_service(publisher.root)
    wish = Wish(version=new, actor="t", reason="test", share=0.999999, force=True)
    promote(publisher.root, "churn", wish)
    service.registry.refresh()

    answer = post(service, records, **headers)

    assert answer.headers["X-Model-Version"] == new
    found = pa.ipc.open_stream(answer.data).read_all()["churn_probability"].to_pylist()
    rows = service.client.post(f"/predict?model_version={new}", json=records).json
    assert found == [row["churn_probability"] for row in rows]
    without_ids = [record | {"customerid": None} for record in records]
    assert post(service, without_ids, **headers).headers["X-Model-Version"] == old


def test_the_shadow_scores_columns_as_it_scores_rows(
    publisher: Any, make_service: Callable[..., Any], document: ModelDocument,
    newer: ModelDocument, records: list[Record],
) -> None:  # fmt: skip
    publisher.publish(document)
    new = publisher.publish(newer, promote=False)
    write_alias(publisher.root, "churn", "challenger", new, reason="test", actor="tester")
    told = []
    for kind in ("rows", "columns"):
        service = make_service(publisher.root)
        service.registry.refresh()
        if kind == "rows":
            service.client.post("/predict", json=records)
        else:
            post(service, records)
        service.app.extensions["shadow"].work_off()
        lines = service.metric_lines("churn_shadow_")
        told.append([line for line in lines if "_created" not in line])
    assert told[0] == told[1]
    assert any("churn_shadow_rows_total" in line and "300" in line for line in told[0])


def test_the_bins_of_columns_are_those_of_rows(
    schema: CustomerSchema, document: ModelDocument, records: list[Record]
) -> None:
    fields = tuple(
        BinnedField(field=field.name, counts=(1,) * 5, edges=(field.lowest, 20.0, 900.0))
        if field.kind == "number"
        else BinnedField(
            field=field.name, counts=(1,) * (len(field.levels) + 2), levels=field.levels
        )
        for field in schema.features
    )
    score = BinnedField(field=SCORE, counts=(1,) * 4, edges=(0.3, 0.6))
    counter = BinCounter("v", Reference(fields=fields, score=score))
    predictor = Predictor("v", document, Validator(schema))
    customers = predictor.validator.check_all(records)
    body = ArrowEnvelope().read(stream_of(records), Ask(predictor.validator, {}))

    rows, columns = counter.empty(), counter.empty()
    counter.add(rows, customers, predictor.predict(customers))
    counter.add(columns, body.customers, predictor.predict(body.customers))

    assert columns.bins == rows.bins
    assert columns.rows == rows.rows == 300
    assert columns.scores.customers == rows.scores.customers
    assert columns.scores.chances == pytest.approx(rows.scores.chances)
    assert math.isclose(columns.scores.brier, rows.scores.brier, rel_tol=1e-12)
    assert math.isclose(columns.scores.log_loss, rows.scores.log_loss, rel_tol=1e-12)


@pytest.mark.parametrize("headers", [{}, {"Prefer": "handling=lenient"}])
def test_intervals_are_answered_as_for_rows(
    publisher: Any, make_service: Callable[..., Any], document: ModelDocument,
    records: list[Record], headers: dict[str, str],
) -> None:  # fmt: skip
    table = IntervalTable(level=0.9, edges=(-1.0, 0.5), lower=(-0.5,) * 3, upper=(0.1, 0.0, 1.0))
    publisher.publish(msgspec.structs.replace(document, interval=table))
    service = make_service(publisher.root)
    service.registry.refresh()
    wanted = service.client.post("/predict", json=records[:50]).json
    if headers:
        records[3]["tenure"] = -1
    answer = post(service, records[:50], **headers)
    for row, found in enumerate(pa.ipc.open_stream(answer.data).read_all().to_pylist()):
        ends = [found["interval_low"], found["interval_high"]]
        assert ends == ([None, None] if headers and row == 3 else wanted[row]["interval"])
    turned = service.client.post("/predict", json=records[:3], headers={"Accept": ARROW})
    assert (
        pa.ipc.open_stream(turned.data).read_all()["interval_low"][0].as_py()
        == (wanted[0]["interval"][0])
    )
