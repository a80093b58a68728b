"""Paths that SageMaker, MLflow, Vertex AI, KServe v1 and TensorFlow Serving call."""

from churn_contract.openapi import example_customer
from churn_contract.schema import CustomerSchema
from churn_service.envelopes.instances import SHAPES
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
    path_parameter,
    record_of,
    schema,
)

_TAG = "SageMaker, MLflow, Vertex AI"
_CSV, _JSON_LINES = "text/csv", "application/jsonlines"
_STRING: Json = {"type": "string"}
_INTEGER: Json = {"type": "integer", "minimum": 1}


def platform_paths(customers: CustomerSchema, model: str) -> Paths:
    """Return the paths whose bodies are customers of this schema, in others' shapes."""
    return {
        "/invocations": {"post": _invocations(customers)},
        "/execution-parameters": {"get": _execution_parameters()},
        "/version": {"get": _version()},
        "/v1/models/{model}:predict": {"post": _instances(customers, model)},
    }


def platform_schemas() -> Json:
    """Return the component schemas that these paths use."""
    row = {"type": ["object", "array"], "description": "A customer, or its values in order."}
    shapes: Json = {
        "type": "object",
        "description": f"Exactly one of {', '.join(SHAPES)}.",
        "properties": {
            "dataframe_split": record_of(columns=array_of(_STRING), data=array_of(row)),
            "dataframe_records": array_of(schema("Customer")),
            "instances": array_of(row),
            "inputs": {"type": ["array", "object"], "description": "Rows, or a list per field."},
            "params": {"$ref": "#/components/schemas/InstanceParameters"},
            "parameters": {"$ref": "#/components/schemas/InstanceParameters"},
            "signature_name": {"description": "Taken and ignored."},
        },
        "oneOf": [{"required": [shape]} for shape in SHAPES],
        "additionalProperties": False,
    }
    outputs = {"enum": ["probability", "decision", "object"], "default": "probability"}
    return {
        "Instances": shapes,
        "InstanceParameters": {
            "description": "Whatever else stands here is ignored.",
            "properties": {"output": {**outputs, "description": "What `predictions` hold."}},
        },
        "InstancePredictions": record_of(
            predictions=array_of({
                "anyOf": [{"type": "number"}, {"type": "boolean"}, schema("Prediction")]
            })
        ),
    }


def _invocations(customers: CustomerSchema) -> Operation:
    good = example_customer(customers)
    either = [schema("Customer"), array_of(schema("Customer")), schema("Instances")]
    scored = [schema("Prediction"), array_of(schema("Prediction")), schema("InstancePredictions")]
    lines = lines_of(schema("Customer"), "One customer per line.")
    return Operation(
        id="invocations",
        tag=_TAG,
        summary="Score customers as SageMaker and MLflow send them",
        description="CSV with or without a header, JSON Lines, JSON. A body of another type, or "
        "of none, is JSON when it starts with a bracket, else CSV.",
        bodies={
            _CSV: media(
                _STRING,
                rows=example(csv_of(customers, header=False), "Rows without a header"),
                table=example(csv_of(customers), "A file with a header"),
            ),
            JSON: media({"anyOf": either}, **_json_examples(customers, good)),
            _JSON_LINES: media(
                lines, lines=example(lines_of_json([good, good]), "A customer per line")
            ),
        },
        answers={
            "200": answer(
                "Scored.",
                {
                    _CSV: media({**_STRING, "description": "A probability per line."}),
                    JSON: media({"anyOf": scored}),
                    _JSON_LINES: media(lines_of(schema("Prediction"), "A prediction per line.")),
                },
            )
        },
        refusals=(400, 404, 406, 413, 415, 422, 503, 504),
    )


def _json_examples(customers: CustomerSchema, good: Json) -> dict[str, Json]:
    names = [field.name for field in customers.features]
    split = {"columns": names, "data": [[good[name] for name in names]]}
    found = {
        "dataframe_split": example({"dataframe_split": split}, "As pandas writes a table"),
        "instances": example({"instances": [good]}, "A list of customers"),
        "two_shapes": example({"instances": [good], "inputs": []}, "Two shapes at once", 400),
    }
    if not names:
        return found
    columns = {name: [good[name]] for name in names}
    params = {"output": "decision"}
    return found | {
        "inputs": example({"inputs": columns, "params": params}, "A list per field, decisions")
    }


def _execution_parameters() -> Operation:
    found = record_of(
        MaxConcurrentTransforms=_INTEGER,
        BatchStrategy={"const": "MULTI_RECORD"},
        MaxPayloadInMB=_INTEGER,
    )
    return Operation(
        id="execution_parameters",
        tag=_TAG,
        summary="How much a batch transform should send at a time",
        answers={"200": answer("The parameters.", {JSON: media(found)})},
    )


def _version() -> Operation:
    return Operation(
        id="service_version",
        tag=_TAG,
        summary="Version of the service, as MLflow's servers tell theirs",
        answers={"200": answer("The version.", {"text/plain": media(_STRING)})},
    )


def _instances(customers: CustomerSchema, model: str) -> Operation:
    good = example_customer(customers)
    whole = {"instances": [good], "parameters": {"output": "object"}}
    return Operation(
        id="instances",
        tag=_TAG,
        summary="Score instances as Vertex AI, KServe v1 and TensorFlow clients send them",
        description="Any content type is taken. Vertex AI may name another path for it.",
        parameters=[path_parameter("model", "Name of the model.", model)],
        bodies={
            JSON: media(
                schema("Instances"),
                instances=example({"instances": [good]}, "Probabilities"),
                whole=example(whole, "Whole predictions"),
                wrong=example({"customers": []}, "No such shape", 400),
            )
        },
        answers={"200": answer("Scored.", {JSON: media(schema("InstancePredictions"))})},
        refusals=(400, 404, 413, 415, 503, 504),
        protocol_errors=True,
    )
