"""Paths that score customers, and the schema they must fit."""

from churn_contract.openapi import example_customer
from churn_contract.schema import CustomerSchema
from churn_service.openapi.parts import (
    JSON,
    Json,
    Operation,
    Paths,
    answer,
    array_of,
    example,
    media,
    ref,
    schema,
)

_TAG = "Scoring"


def scoring_paths(customers: CustomerSchema) -> Paths:
    """Return the paths whose bodies are customers of this schema."""
    return {
        "/predict": {"post": _predict(customers)},
        "/schema": {"get": _schema()},
    }


def _predict(customers: CustomerSchema) -> Operation:
    return Operation(
        id="predict",
        tag=_TAG,
        summary="Score customers",
        description="One customer as an object, several as an array; the answer has the same "
        "form and order. All customers of one body are scored by one version of the model.",
        parameters=[
            ref("parameters", name) for name in ("ModelVersion", "RequestId", "DeadlineMs")
        ],
        bodies={JSON: media(_one_or_many("Customer"), **_json_examples(customers))},
        answers={
            "200": answer("Scored.", {JSON: media(_one_or_many("Prediction"))}, "X-Ignored-Fields")
        },
        refusals=(400, 404, 406, 413, 415, 422, 503, 504),
    )


def _predictions() -> Json:
    return {JSON: media(_one_or_many("Prediction"))}


def _one_or_many(name: str) -> Json:
    return {"oneOf": [schema(name), array_of(schema(name))]}


def _json_examples(customers: CustomerSchema) -> dict[str, Json]:
    good = example_customer(customers)
    first = customers.features[0].name if customers.features else ""
    missing = {name: value for name, value in good.items() if name != first}
    found = {
        "one": example(good, "One customer"),
        "several": example([good, good], "Several customers"),
        "none": example([], "No customer at all"),
    }
    return found | ({"missing": example(missing, "A field is missing", 422)} if first else {})


def _schema() -> Operation:
    return Operation(
        id="schema",
        tag=_TAG,
        summary="What a customer looks like",
        description="The customer schema of the model in charge: fields, levels, limits, units.",
        answers={"200": answer("The schema.", {JSON: media({"type": "object"})})},
        refusals=(503,),
    )
