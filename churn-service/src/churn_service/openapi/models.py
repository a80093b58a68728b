"""Paths of the model's life cycle."""

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

_TAG = "Models"
_READ, _WRITE = "models:read", "models:write"
_STRING: Json = {"type": "string"}
_REPORTS = ("text/html", "text/plain")


def model_paths(version: str) -> Paths:
    """Return the paths of the registry; examples speak of this version."""
    wanted = path_parameter("wanted", "A version, or an alias such as `champion`.", version)
    return {
        "/models": {"get": _versions()},
        "/models/{wanted}": {"get": _version(wanted)},
        "/models/{wanted}/report": {"get": _report(wanted)},
        "/models/champion": {"get": _champion()},
        "/models/champion/drift": {"get": _drift()},
        "/models/champion/performance": {"get": _performance()},
        "/models/aliases/{alias}": {"put": _point(version)},
    }


def model_schemas() -> Json:
    """Return the component schemas that these paths use."""
    facts = record_of(
        version=_STRING,
        created={"type": "string", "format": "date-time"},
        aliases=array_of(_STRING),
        canary={"type": "boolean"},
        retired={"type": "boolean"},
        signed={"type": "boolean"},
    )
    facts["properties"]["refused"] = {**_STRING, "description": "Why it cannot be served."}
    change = record_of(version=_STRING, reason=_STRING)
    change["properties"] |= {
        "force": {"type": "boolean", "description": "Promote although the gate refused."},
        "share": {
            "type": ["number", "null"],
            "exclusiveMinimum": 0,
            "exclusiveMaximum": 1,
            "description": "Share of the customers that a canary answers.",
        },
    }
    return {"ModelVersion": facts, "AliasChange": change | {"additionalProperties": False}}


def _versions() -> Operation:
    found = record_of(name=_STRING, versions=array_of(schema("ModelVersion")))
    return Operation(
        id="models",
        tag=_TAG,
        summary="Every version, the oldest first",
        scope=_READ,
        answers={"200": answer("The versions.", {JSON: media(found)})},
    )


def _version(wanted: Json) -> Operation:
    extra = record_of(
        verdicts=array_of({"type": "object"}), promotions=array_of({"type": "object"})
    )
    return Operation(
        id="model",
        tag=_TAG,
        summary="One version with its verdicts and promotions",
        scope=_READ,
        parameters=[wanted],
        answers={
            "200": answer("The version.", {JSON: media({"allOf": [schema("ModelVersion"), extra]})})
        },
        refusals=(404,),
    )


def _report(wanted: Json) -> Operation:
    return Operation(
        id="report",
        tag=_TAG,
        summary="The report of a training",
        description="A page; plain text when that is preferred.",
        scope=_READ,
        parameters=[wanted],
        answers={
            "200": answer(
                "The report.", {"text/html": media(_STRING), "text/plain": media(_STRING)}
            )
        },
        refusals=(404,),
    )


def _champion() -> Operation:
    found = record_of(
        name=_STRING,
        version=_STRING,
        created={"type": "string", "format": "date-time"},
        schema_digest=_STRING,
        threshold={"type": "number"},
        horizon_days={"type": ["integer", "null"]},
        metrics={},
        training={"type": "object"},
    )
    return Operation(
        id="champion",
        tag=_TAG,
        summary="The model in charge",
        scope=_READ,
        answers={"200": answer("Its facts.", {JSON: media(found)})},
        refusals=(503,),
    )


def _drift() -> Operation:
    found = record_of(model_version=_STRING, watched={"type": "boolean"})
    return Operation(
        id="drift",
        tag=_TAG,
        summary="Whether customers still look as in training",
        description="The last full window, the one so far, and counts that can be added up.",
        scope=_READ,
        answers={"200": answer("The watch.", {JSON: media(found)})},
        refusals=(503,),
    )


def _performance() -> Operation:
    found = record_of(model_version=_STRING, measured={"type": "boolean"})
    return Operation(
        id="performance",
        tag=_TAG,
        summary="How well predictions came true",
        description="Cohorts of customers whose outcome is known by now.",
        scope=_READ,
        answers={"200": answer("The cohorts.", {JSON: media(found)})},
        refusals=(503,),
    )


def _point(version: str) -> Operation:
    done = record_of(alias=_STRING, version=_STRING, share={"type": ["number", "null"]})
    change = {"version": version, "reason": "It did well as challenger"}
    unknown = {"version": "000000000000", "reason": "A version that does not exist"}
    return Operation(
        id="point",
        tag=_TAG,
        summary="Point an alias at a version",
        description="Promotes to `champion`, `challenger` or `shadow`, or with a share as canary. "
        "This process serves the change with the answer; others within a second.",
        scope=_WRITE,
        parameters=[path_parameter("alias", "`champion`, `challenger` or `shadow`.", "champion")],
        bodies={
            JSON: media(
                schema("AliasChange"),
                promote=example(change, "Point at a version"),
                unknown=example(unknown, "There is no such version", 404),
            )
        },
        answers={"200": answer("The alias as it is now.", {JSON: media(done)})},
        refusals=(400, 404, 409, 503),
    )
