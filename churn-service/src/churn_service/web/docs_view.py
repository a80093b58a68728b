"""The OpenAPI document as what a page shows: headings, rows of tables, examples."""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from churn_service.openapi.parts import HEADERS, STATUS, Json

_MOST_CHOICES = 12
_JOINED = {"oneOf": " or ", "anyOf": " or ", "allOf": " with "}
_METHODS = ("get", "post", "put", "delete", "patch")


class Row(NamedTuple):
    """One parameter or property: its name, what it may be, what it means."""

    name: str
    kind: str
    required: bool
    description: str
    choices: tuple[str, ...] = ()
    link: str = ""
    place: str = ""
    value: str = ""


class Example(NamedTuple):
    """One body to send."""

    media_type: str
    summary: str
    text: str
    status: int
    headers: Mapping[str, str]


class Answer(NamedTuple):
    """One answer: by status, in one of several media types."""

    status: str
    description: str
    media_types: tuple[str, ...]
    kind: str
    link: str


class OperationView(NamedTuple):
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    is_internal: bool
    parameters: tuple[Row, ...]
    media_types: tuple[str, ...]
    body: Row | None
    examples: tuple[Example, ...]
    answers: tuple[Answer, ...]

    @property
    def answer_types(self) -> tuple[str, ...]:
        """Media types of the good answers."""
        good = (answer for answer in self.answers if answer.status.startswith("2"))
        return tuple(dict.fromkeys(kind for answer in good for kind in answer.media_types))


class Shape(NamedTuple):
    """One named schema."""

    name: str
    description: str
    rows: tuple[Row, ...]


def marked(text: str) -> Markup:
    """Return a description as HTML: what stands between backticks as code, all else escaped."""
    parts = [
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


def operations_by_tag(document: Json) -> list[tuple[str, list[OperationView]]]:
    """Return the operations under their headings, in the document's order."""
    found = [
        (operation["tags"][0], _operation(document, path, method, operation))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in _METHODS
    ]
    order = [tag["name"] for tag in document["tags"]]
    found.sort(key=lambda pair: order.index(pair[0]))
    return [(tag, [view for _, view in pairs]) for tag, pairs in groupby(found, lambda p: p[0])]


def shapes(document: Json) -> list[Shape]:
    """Return the named schemas that something refers to, the customer first."""
    used = json.dumps(document)
    return [
        Shape(name, schema.get("description", ""), tuple(_properties(schema)))
        for name, schema in document["components"]["schemas"].items()
        if f'"#/components/schemas/{name}"' in used
    ]


def _operation(document: Json, path: str, method: str, operation: Json) -> OperationView:
    contents = operation.get("requestBody", {}).get("content", {})
    security = operation["security"]
    schemas = [media["schema"] for media in contents.values()]
    return OperationView(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        scope=next(iter(security[0].values()))[0] if security else "",
        is_internal=operation.get("x-internal", False),
        parameters=tuple(_parameters(document, operation)),
        media_types=tuple(contents),
        body=_row("body", schemas[0], required=True) if schemas else None,
        examples=tuple(_examples(contents)),
        answers=tuple(_answers(document, operation)),
    )


def _parameters(document: Json, operation: Json) -> Iterator[Row]:
    for given in operation.get("parameters", ()):
        found = _resolved(document, given)
        row = _row(found["name"], found["schema"], required=found.get("required", False))
        yield row._replace(
            place=found["in"],
            description=found["description"],
            value=str(found.get("example", "")),
        )


def _examples(contents: Json) -> Iterator[Example]:
    for media_type, media in contents.items():
        for example in media.get("examples", {}).values():
            yield Example(
                media_type=media_type,
                summary=example["summary"],
                text=_text(example["value"]),
                status=example[STATUS],
                headers=example.get(HEADERS, {}),
            )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _answers(document: Json, operation: Json) -> Iterator[Answer]:
    for status, given in operation["responses"].items():
        found = _resolved(document, given)
        contents = found.get("content", {})
        first: Json = next(iter(contents.values()), {})
        row = _row("", first.get("schema", {}), required=True)
        label = "other" if status == "default" else status
        yield Answer(label, found["description"], tuple(contents), row.kind, row.link)


def _properties(schema: Json) -> Iterator[Row]:
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        yield _row(name, member, required=name in required)


def _row(name: str, schema: Json, *, required: bool) -> Row:
    choices, title = _choices(schema), schema.get("title")
    return Row(
        name=name,
        kind="one of" if choices else _kind(schema),
        required=required,
        description=" ".join(filter(None, (title and f"{title}.", schema.get("description")))),
        choices=choices,
        link=_link(schema),
    )


def _choices(schema: Json) -> tuple[str, ...]:
    """Return the levels of a field; other spellings of the same ones are left out."""
    listed: list[Any] = schema.get("enum") or schema.get("anyOf", [{}])[0].get("enum", [])
    words = [value for value in listed if isinstance(value, str)]
    shown = [*words, *(["null"] if None in listed else [])] if words else list(map(_word, listed))
    rest = len(shown) - _MOST_CHOICES
    return tuple(shown[:_MOST_CHOICES]) + ((f"and {rest} more",) if rest > 0 else ())


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return _name(schema)
    for way, word in _JOINED.items():
        if way in schema:
            return word.join(map(_kind, schema[way]))
    if "prefixItems" in schema:
        return f"array of {', '.join(map(_kind, schema['prefixItems']))}"
    if schema.get("type") == "array":
        return f"array of {_kind(schema.get('items', {}))}"
    return _plain_kind(schema)


def _plain_kind(schema: Json) -> str:
    given = schema.get("type", "anything")
    kinds = " or ".join(given) if isinstance(given, list) else given
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None or high is None:
        return str(kinds)
    unit = f" {schema['x-unit']}" if "x-unit" in schema else ""
    return f"{kinds}, {low:.15g} to {high:.15g}{unit}"


def _link(schema: Json) -> str:
    """Return the name of the first schema that is referred to, "" for none."""
    if "$ref" in schema:
        return _name(schema)
    inner = [*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())]
    inner += [schema["items"]] if isinstance(schema.get("items"), dict) else []
    return next((name for name in map(_link, inner) if name), "")


def _name(schema: Json) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _resolved(document: Json, part: Json) -> Json:
    if "$ref" not in part:
        return part
    found: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)
