"""Parts that descriptions share: one operation, references, media types, examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Paths = dict[str, dict[str, "Operation"]]

PUBLIC = "public"
JSON = "application/json"
PROBLEM = "application/problem+json"
HEADERS = "x-headers"  # of an example: the headers that it is sent with
LINE = "x-line"  # of a text: the schema of each of its lines
STATUS = "x-status"  # of an example: the status that it gets
_SCHEMES = ("AccessKey", "Bearer", "Session")
_BY_THE_GATEWAY = (401, 403, 429)


def ref(kind: str, name: str) -> Json:
    """Return a reference to a component: `ref("schemas", "Customer")`."""
    return {"$ref": f"#/components/{kind}/{name}"}


def schema(name: str) -> Json:
    """Return a reference to a component schema."""
    return ref("schemas", name)


def array_of(items: Json) -> Json:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def record_of(**properties: Json) -> Json:
    """Return the schema of an object whose members are all there; others may come."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def example(value: object, summary: str, status: int = 200, **headers: str) -> Json:
    """Return an example of a request and the status that it gets; a test sends it.

    Header names are written with `_` for `-`.
    """
    found = {"summary": summary, "value": value, STATUS: status}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return found | ({HEADERS: named} if named else {})


def lines_of(items: Json, description: str) -> Json:
    """Return the schema of JSON Lines: text with one value per line."""
    return {"type": "string", "description": description, LINE: items}


def media(media_schema: Json, **examples: Json) -> Json:
    """Return a media type object; examples are sent as they stand."""
    return {"schema": media_schema} | ({"examples": examples} if examples else {})


def answer(description: str, contents: Json, *headers: str) -> Json:
    """Return a good answer: contents by media type, and headers beside the usual ones."""
    names = ("X-Request-Id", "X-Model-Version", "X-Schema-Digest", *headers)
    return {
        "description": description,
        "headers": {name: ref("headers", name) for name in names},
        "content": contents,
    }


def path_parameter(name: str, description: str, value: str) -> Json:
    """Return a parameter of the path, with the value that examples use."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
        "example": value,
    }


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One route and method, in the words of OpenAPI.

    Attributes:
        id: Name of the operation, unique in the document.
        tag: Heading it stands under.
        summary: A few words.
        description: What a caller must know beside them.
        scope: What the access key must be allowed to do; PUBLIC needs no key.
        parameters: Parameters, or references to them.
        bodies: Media types of the request's body; none when there is no body.
        answers: Good answers by status.
        refusals: Statuses of the problems it may answer with.
        protocol_errors: Whether it tells refusals as `{"error": "..."}`, not as problems.
        is_internal: Whether the gateway keeps it inside the network.
    """

    id: str
    tag: str
    summary: str
    description: str = ""
    scope: str = "predict"
    parameters: Sequence[Json] = ()
    bodies: Mapping[str, Json] | None = None
    answers: Mapping[str, Json]
    refusals: Sequence[int] = ()
    protocol_errors: bool = False
    is_internal: bool = False

    def described(self) -> Json:
        """Return the operation object."""
        found: Json = {
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.description,
            "security": self._security(),
            "responses": dict(self.answers) | self._problems(),
        }
        if self.is_internal:
            found["x-internal"] = True
        if self.parameters:
            found["parameters"] = list(self.parameters)
        if self.bodies:
            found["requestBody"] = {"required": True, "content": dict(self.bodies)}
        return found

    def _security(self) -> list[Json]:
        if self.scope == PUBLIC:
            return []
        return [{name: [self.scope]} for name in _SCHEMES]

    def _problems(self) -> Json:
        at_the_gateway = () if self.scope == PUBLIC else _BY_THE_GATEWAY
        found = {str(status): ref("responses", f"Problem{status}") for status in at_the_gateway}
        for status in self.refusals:
            name = "ProtocolError" if self.protocol_errors else f"Problem{status}"
            found[str(status)] = ref("responses", name)
        return dict(sorted(found.items())) | {"default": ref("responses", "Problem")}
