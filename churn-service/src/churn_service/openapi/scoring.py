"""Paths that score customers, and the schema they must fit."""

from collections.abc import Iterable

from churn_contract.openapi import example_customer, types_of
from churn_contract.schema import CustomerSchema
from churn_service.envelopes.body import BadRow
from churn_service.envelopes.csv import CsvEnvelope
from churn_service.envelopes.ignored import IGNORED_FIELDS
from churn_service.envelopes.ndjson import NdjsonEnvelope
from churn_service.openapi.customer_text import csv_of, lines_of_json
from churn_service.openapi.parts import (
    JSON,
    Json,
    Operation,
    Paths,
    answer,
    array_of,
    example,
    lines_of,
    media,
    ref,
    schema,
)

_TAG = "Scoring"
_LENIENT = "handling=lenient"


def scoring_paths(customers: CustomerSchema, media_types: Iterable[str]) -> Paths:
    """Return the paths whose bodies are customers of this schema, in these media types."""
    return {
        "/predict": {"post": _predict(customers, tuple(media_types))},
        "/schema": {"get": _schema()},
    }


def scoring_schemas() -> Json:
    """Return the component schemas that these paths use."""
    return {"BadRow": types_of(BadRow)["BadRow"]}


def _predict(customers: CustomerSchema, media_types: tuple[str, ...]) -> Operation:
    bodies = {kind: _body(kind, customers) for kind in media_types}
    names = ("ModelVersion", "Prefer", "RequestId", "DeadlineMs")
    return Operation(
        id="predict",
        tag=_TAG,
        summary="Score customers",
        description="One customer or several; the answer has the form and order of the body, or "
        "the form that `Accept` asks for. All customers of one body are scored by one version of "
        "the model. A body may be compressed with gzip.",
        parameters=[ref("parameters", name) for name in names],
        bodies=bodies,
        answers={
            "200": answer(
                "Scored.",
                {kind: media(_answer_schema(kind)) for kind in media_types},
                IGNORED_FIELDS,
                "X-Invalid-Rows",
                "Preference-Applied",
            )
        },
        refusals=(400, 404, 406, 413, 415, 422, 503, 504),
    )


def _body(kind: str, customers: CustomerSchema) -> Json:
    if kind == JSON:
        both = {"oneOf": [schema("Customer"), array_of(schema("Customer"))]}
        return media(both, **_json_examples(customers))
    if kind in NdjsonEnvelope.media_types:
        text = lines_of(schema("Customer"), "One customer per line; blank lines do not count.")
        good = lines_of_json([example_customer(customers)] * 2)
        is_first = kind == NdjsonEnvelope.media_types[0]
        return media(text, **({"lines": example(good, "A customer per line")} if is_first else {}))
    if kind in CsvEnvelope.media_types:
        text = {"type": "string", "description": "A header line, then one customer per line."}
        return media(text, csv=example(csv_of(customers), "A file with a header"))
    return media(_binary("A table with one column per field."))


def _answer_schema(kind: str) -> Json:
    row = {"anyOf": [schema("Prediction"), schema("BadRow")]}
    if kind == JSON:
        return {"oneOf": [schema("Prediction"), array_of(row)]}
    if kind in NdjsonEnvelope.media_types:
        return lines_of(row, "A prediction, or a bad row, per line.")
    if kind in CsvEnvelope.media_types:
        return {"type": "string", "description": "customer_id, churn_probability, churn, ..."}
    return _binary("A table with one row per customer.")


def _binary(description: str) -> Json:
    # OpenAPI 3.1: a body of bytes has no type
    return {"description": f"{description} Bytes."}


def _json_examples(customers: CustomerSchema) -> dict[str, Json]:
    good = example_customer(customers)
    found = {
        "one": example(good, "One customer"),
        "several": example([good, good], "Several customers"),
        "none": example([], "No customer at all"),
    }
    if not customers.features:
        return found
    bad = {name: value for name, value in good.items() if name != customers.features[0].name}
    return found | {
        "missing": example(bad, "A field is missing", 422),
        "lenient": example([good, bad], "A bad customer beside a good one", Prefer=_LENIENT),
        "misspelt": example(good | {"tenur_e": 1}, "A field that nobody knows", 422),
    }


def _schema() -> Operation:
    return Operation(
        id="schema",
        tag=_TAG,
        summary="What a customer looks like",
        description="The customer schema of the model in charge: fields, levels, limits, units.",
        answers={"200": answer("The schema.", {JSON: media({"type": "object"})})},
        refusals=(503,),
    )
