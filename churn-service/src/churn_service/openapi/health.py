"""Paths that tell whether the process lives and may get work, and what it counts."""

from churn_service.openapi.parts import JSON, PUBLIC, Json, Operation, Paths, media, record_of

_TAG = "Health"
_TEXT: Json = {"type": "string"}


def health_paths() -> Paths:
    """Return the paths that answer without a key; the gateway shows /ping only."""
    return {
        "/ping": {"get": _ping()},
        "/health/live": {"get": _live()},
        "/health/ready": {"get": _ready()},
        "/metrics": {"get": _metrics()},
    }


def _ping() -> Operation:
    return Operation(
        id="ping",
        tag=_TAG,
        summary="PONG when a customer could be scored now",
        scope=PUBLIC,
        answers={"200": _answer("text/plain", _TEXT)},
        refusals=(503,),
    )


def _live() -> Operation:
    return Operation(
        id="live",
        tag=_TAG,
        summary="The process answers",
        is_internal=True,
        scope=PUBLIC,
        answers={"200": _answer(JSON, record_of(status={"const": "live"}))},
    )


def _ready() -> Operation:
    report = record_of(status=_TEXT, checks={"type": "object"})
    return Operation(
        id="ready",
        tag=_TAG,
        summary="The process may get work",
        is_internal=True,
        description="503 while loading, without a model, and draining.",
        scope=PUBLIC,
        answers={"200": _answer(JSON, report), "503": _answer(JSON, report, "Not ready.")},
    )


def _metrics() -> Operation:
    return Operation(
        id="metrics",
        tag=_TAG,
        summary="What the process counts, for Prometheus",
        is_internal=True,
        scope=PUBLIC,
        answers={"200": _answer("text/plain", _TEXT)},
    )


def _answer(media_type: str, schema: Json, description: str = "Good.") -> Json:
    return {"description": description, "content": {media_type: media(schema)}}
