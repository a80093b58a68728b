"""Components that every operation refers to: headers, parameters, keys, problems."""

from collections import defaultdict
from http import HTTPStatus

from churn_contract import headers
from churn_service import errors
from churn_service.openapi.parts import JSON, PROBLEM, Json, ref, schema
from service_kit.problems import ServiceError

_WITH_RETRY_AFTER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_STRING: Json = {"type": "string"}
_GATEWAY_PROBLEMS = {
    HTTPStatus.UNAUTHORIZED: "The gateway knows no such access key, or none was sent.",
    HTTPStatus.FORBIDDEN: "The access key may not do this.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "So are more bytes than allowed.",
    HTTPStatus.TOO_MANY_REQUESTS: "The quota of the access key is used up; see Retry-After.",
    HTTPStatus.SERVICE_UNAVAILABLE: "There is no room now; see Retry-After.",
    HTTPStatus.GATEWAY_TIMEOUT: "The deadline of the request has passed; nothing was scored.",
}


def headers_of_answers() -> Json:
    """Return the headers of answers."""
    return {
        headers.REQUEST_ID: _header("Id of the request in every log line; the sent one, if any."),
        headers.MODEL_VERSION: _header("Version of the model that answered."),
        headers.SCHEMA_DIGEST: _header("Digest of the customer schema that the model expects."),
        headers.RETRY_AFTER: _header("Seconds to wait before asking again."),
        "X-Ignored-Fields": _header("Fields of no schema that were left out, percent-coded."),
        "X-Invalid-Rows": _header("How many customers of a lenient batch could not be scored."),
        "Preference-Applied": _header("`handling=lenient` when it was asked for."),
        "Location": _header("Address of what was made."),
        "ETag": _header("Changes with the model and with the service."),
    }


def parameters() -> Json:
    """Return the parameters that several operations take."""
    return {
        "RequestId": _parameter(
            headers.REQUEST_ID,
            "header",
            "Your id of this request, 1 to 64 of `A-Za-z0-9._-`. The gateway makes one.",
        ),
        "DeadlineMs": _parameter(
            headers.REQUEST_DEADLINE_MS,
            "header",
            "Milliseconds that you still wait; work that is late is dropped with 504.",
            {"type": "integer", "minimum": 1},
        ),
        "Prefer": _parameter(
            "Prefer",
            "header",
            "`handling=lenient` scores the good customers of a batch, names the errors of the "
            "others in their places and ignores unknown fields (RFC 7240).",
            {"type": "string", "examples": ["handling=lenient"]},
        ),
        "ModelVersion": _parameter(
            "model_version", "query", "A loaded version or alias instead of the one in charge."
        ),
        "IdempotencyKey": _parameter(
            headers.IDEMPOTENCY_KEY, "header", "The same key makes one job, however often sent."
        ),
        "IfNoneMatch": _parameter("If-None-Match", "header", "The ETag that you have."),
    }


def security_schemes() -> Json:
    """Return the ways to show an access key; exactly one is sent."""
    return {
        "AccessKey": {
            "type": "apiKey",
            "in": "header",
            "name": headers.API_KEY,
            "description": "The access key, as `gateway-keys create` showed it.",
        },
        "Bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
        "Session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "retention_session",
            "description": "A browser that has signed in at `/sign-in`; for pages of this site.",
        },
    }


def problem_responses() -> Json:
    """Return one response per status that a problem of this service or its gateway has."""
    known: dict[int, list[str]] = defaultdict(list)
    for kind in _kinds_of(ServiceError):
        if kind.__module__ == errors.__name__:
            known[kind.status].append(f"`{kind.type}`: {_first_line(kind)}")
    for status, text in _GATEWAY_PROBLEMS.items():
        known[status].append(text)
    named = {f"Problem{status}": _problem(" ".join(text)) for status, text in known.items()}
    for status in _WITH_RETRY_AFTER:
        named[f"Problem{status}"]["headers"] = {
            headers.RETRY_AFTER: ref("headers", headers.RETRY_AFTER)
        }
    named["ProtocolError"] = _protocol_error()
    return named | {"Problem": _problem("Anything else that went wrong, always as a problem.")}


def _kinds_of(base: type[ServiceError]) -> list[type[ServiceError]]:
    return [kind for child in base.__subclasses__() for kind in (child, *_kinds_of(child))]


def _first_line(kind: type[ServiceError]) -> str:
    return (kind.__doc__ or kind.title).strip().splitlines()[0]


def _protocol_error() -> Json:
    said = {"error": {**_STRING, "description": "What is wrong, in one text."}}
    content = {JSON: {"schema": {"type": "object", "properties": said, "required": ["error"]}}}
    return {"description": "Refused, in the form of this protocol.", "content": content}


def _problem(description: str) -> Json:
    return {"description": description, "content": {PROBLEM: {"schema": schema("Problem")}}}


def _header(description: str) -> Json:
    return {"description": description, "schema": _STRING}


def _parameter(name: str, place: str, description: str, kind: Json = _STRING) -> Json:
    return {"name": name, "in": place, "description": description, "schema": kind}
