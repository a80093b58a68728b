"""Canary and shadow score bodies of every form again, whatever their own schema's order."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.promotions import Wish, promote
from churn_service.rollout import bucket

Record = dict[str, Any]
LINES, CSV = "application/x-ndjson", "text/csv"
FORMS = ["application/json", LINES, CSV, "text/csv; header=absent"]


def written(form: str, records: list[Record], schema: CustomerSchema) -> bytes:
    if form == "application/json":
        return json.dumps(records).encode()
    if form == LINES:
        return "\n".join(map(json.dumps, records)).encode()
    text = io.StringIO()
    names = [schema.id or "", *(field.name for field in schema.features)]
    writer = csv.DictWriter(text, names)
    if form == CSV:
        writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def _turned(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Change the places of `partner` and `dependents`."""
    places = {getattr(item, "name", getattr(item, "field", "")): item for item in items}
    swap = {"partner": "dependents", "dependents": "partner"}
    return tuple(places[swap.get(name, name)] for name in places)


@pytest.fixture
def service(
    publisher: Any,
    make_service: Callable[..., Any],
    document: ModelDocument,
    schema: CustomerSchema,
) -> Any:
    """Run a champion, and a canary whose schema has the same fields in another order.

    Two fields of yes and no change places, so that a row without names would pass.
    """
    turned = msgspec.structs.replace(schema, fields=_turned(schema.fields))
    newer = msgspec.structs.replace(
        document,
        schema=turned,
        schema_digest=turned.digest,
        scorer=msgspec.structs.replace(
            document.scorer, intercept=0.9, terms=_turned(document.scorer.terms)
        ),
    )
    publisher.publish(document)
    version = publisher.publish(newer, promote=False)
    wish = Wish(version=version, actor="t", reason="test", share=0.5, force=True)
    promote(publisher.root, "churn", wish)
    running = make_service(publisher.root)
    running.registry.refresh()
    running.canary_version = version
    return running


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("prefer", ["", "handling=lenient"])
def test_a_canary_answers_every_form_with_its_own_scores(
    service: Any, customer: Record, schema: CustomerSchema, form: str, prefer: str
) -> None:
    inside = [f"c{number}" for number in range(40) if bucket(f"c{number}") < 0.5][:3]
    records = [customer | {"customerid": name, "tenure": n} for n, name in enumerate(inside)]
    bad = [customer | {"customerid": inside[0], "tenure": -1}] if prefer else []
    headers = {"Content-Type": form, "Prefer": prefer, "Accept": "application/json"}
    body = written(form, [*bad, *records], schema)

    answer = service.client.post("/predict", data=body, headers=headers)

    assert answer.headers["X-Model-Version"] == service.canary_version
    found = [row["churn_probability"] for row in answer.get_json() if "errors" not in row]
    predictor = service.registry.canary()[0]
    one_by_one = predictor.predict([predictor.validator.check(record) for record in records])
    assert found == [prediction.churn_probability for prediction in one_by_one]
    assert len(answer.get_json()) == len(records) + len(bad)
