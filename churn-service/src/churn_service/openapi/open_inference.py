"""Paths of the Open Inference Protocol v2.

https://github.com/kserve/open-inference-protocol
"""

import json

from churn_contract.openapi import example_customer
from churn_contract.schema import CustomerSchema
from churn_service.envelopes.binary_tensors import DATATYPES, HEADER_LENGTH
from churn_service.envelopes.open_inference import OUTPUTS
from churn_service.envelopes.open_inference_answers import BINARY_MEDIA_TYPE, describe_model
from churn_service.openapi.parts import (
    JSON,
    Json,
    Operation,
    Paths,
    answer,
    array_of,
    example,
    media,
    path_parameter,
    record_of,
    schema,
)

_TAG = "Open Inference Protocol"
_STRING: Json = {"type": "string"}
_TRUE: Json = {"const": True}
_BYTES: Json = {"description": "JSON, then the bytes of the tensors in their order."}
_LENGTH: Json = {
    "name": HEADER_LENGTH,
    "in": "header",
    "description": "Length of the JSON in bytes, when tensors follow it as bytes.",
    "schema": {"type": "integer", "minimum": 1},
}


def open_inference_paths(customers: CustomerSchema, model: str, version: str) -> Paths:
    """Return the paths of a model; examples speak of this version."""
    name = path_parameter("model", "Name of the model.", model)
    number = path_parameter("version", "A loaded version or alias.", version)
    inference = _infer_example(customers, model)
    paths: Paths = {
        "/v2": {"get": _server()},
        "/v2/health/live": {"get": _health("oip_live", "The process lives", "live")},
        "/v2/health/ready": {"get": _health("oip_ready", "Customers may be sent", "ready", 503)},
    }
    for path, kind, parameters in (
        ("/v2/models/{model}", "model", [name]),
        ("/v2/models/{model}/versions/{version}", "version", [name, number]),
    ):
        paths |= {
            path: {"get": _metadata(kind, parameters)},
            f"{path}/ready": {"get": _ready(kind, parameters)},
            f"{path}/infer": {"post": _infer(kind, parameters, inference)},
        }
    return paths


def open_inference_schemas() -> Json:
    """Return the component schemas that these paths use."""
    tensor = record_of(
        name=_STRING,
        shape={
            **array_of({"type": "integer", "minimum": 0}),
            "description": "[n] or [n, 1].",
        },
        datatype={"enum": list(DATATYPES)},
    )
    tensor["properties"] |= {
        "data": {"type": "array", "description": "The elements, flat or nested."},
        "parameters": {"type": ["object", "null"]},
    }
    request = record_of(inputs={**array_of(schema("Tensor")), "minItems": 1})
    request["properties"] |= {
        "id": {"type": ["string", "null"], "description": "Comes back in the answer."},
        "parameters": {"type": ["object", "null"]},
        "outputs": {
            "type": ["array", "null"],
            "items": record_of(name={"enum": list(OUTPUTS)}),
            "description": "The wanted outputs; all of them when none is named.",
        },
    }
    found = record_of(model_name=_STRING, model_version=_STRING, outputs=array_of(schema("Tensor")))
    found["properties"] |= {"id": _STRING, "parameters": {"type": "object"}}
    return {"Tensor": tensor, "InferRequest": request, "InferAnswer": found}


def _server() -> Operation:
    found = record_of(name=_STRING, version=_STRING, extensions=array_of(_STRING))
    return Operation(
        id="oip_server",
        tag=_TAG,
        summary="The server and its extensions",
        answers={"200": answer("The server.", {JSON: media(found)})},
    )


def _health(name: str, summary: str, member: str, *refusals: int) -> Operation:
    return Operation(
        id=name,
        tag=_TAG,
        summary=summary,
        answers={"200": answer("It is so.", {JSON: media(record_of(**{member: _TRUE}))})},
        refusals=refusals,
        protocol_errors=True,
    )


def _metadata(kind: str, parameters: list[Json]) -> Operation:
    tensor = record_of(name=_STRING, datatype=_STRING, shape=array_of({"type": "integer"}))
    found = record_of(
        name=_STRING,
        versions=array_of(_STRING),
        platform=_STRING,
        inputs=array_of(tensor),
        outputs=array_of(tensor),
    )
    return Operation(
        id=f"oip_{kind}",
        tag=_TAG,
        summary="Inputs and outputs, one tensor per field",
        parameters=parameters,
        answers={"200": answer("The metadata.", {JSON: media(found)})},
        refusals=(404, 503),
        protocol_errors=True,
    )


def _ready(kind: str, parameters: list[Json]) -> Operation:
    found = record_of(name=_STRING, ready=_TRUE)
    return Operation(
        id=f"oip_{kind}_ready",
        tag=_TAG,
        summary="Whether it is loaded",
        parameters=parameters,
        answers={"200": answer("It is.", {JSON: media(found)})},
        refusals=(404, 503),
        protocol_errors=True,
    )


def _infer(kind: str, parameters: list[Json], inference: Json) -> Operation:
    contents = {JSON: media(schema("InferAnswer")), BINARY_MEDIA_TYPE: media(_BYTES)}
    broken: Json = {"inputs": []}
    return Operation(
        id=f"oip_{kind}_infer",
        tag=_TAG,
        summary="Score customers that come as tensors",
        description="Any content type is taken. With the header "
        f"`{HEADER_LENGTH}` tensors may be bytes behind the JSON; answers are when "
        "`binary_data` of an output or `binary_data_output` of the request is true.",
        parameters=[*parameters, _LENGTH],
        bodies={
            JSON: media(
                schema("InferRequest"),
                one=example(inference, "One customer"),
                empty=example(broken, "No inputs", 400),
            ),
            BINARY_MEDIA_TYPE: media(_BYTES),
        },
        answers={"200": answer("Scored.", contents)},
        refusals=(400, 404, 413, 415, 503, 504),
        protocol_errors=True,
    )


def _infer_example(customers: CustomerSchema, model: str) -> Json:
    record = example_customer(customers)
    metadata = json.loads(describe_model(customers, name=model, versions=[]))
    inputs = [
        {
            "name": tensor["name"],
            "shape": [1, 1],
            "datatype": tensor["datatype"],
            "data": [record[tensor["name"]]],
        }
        for tensor in metadata["inputs"]
    ]
    return {"id": "one", "inputs": inputs}
