"""The schema as OpenAPI 3.1 components."""

from typing import Any

import msgspec

from churn_contract.cells import json_words
from churn_contract.forms import title
from churn_contract.outcome import Outcome
from churn_contract.prediction import Prediction
from churn_contract.problem import Problem
from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, Field, training_range

REF = "#/components/schemas/{name}"


def components(schema: CustomerSchema) -> dict[str, Any]:
    """Return the object `components`: Customer by this schema, and the contract's own types."""
    return {"schemas": {"Customer": _customer(schema)} | types_of(Prediction, Problem, Outcome)}


def types_of(*types: type) -> dict[str, Any]:
    """Return the component schemas of msgspec types, by their names."""
    return msgspec.json.schema_components(types, ref_template=REF)[1]


def example_customer(schema: CustomerSchema) -> dict[str, Any]:
    """Return one valid customer of a schema, always the same one."""
    return next(sample_customers(schema, seed=1))


def _customer(schema: CustomerSchema) -> dict[str, Any]:
    properties = {field.name: field_schema(field) for field in schema.features}
    if schema.id is not None:
        properties[schema.id] = {
            "type": ["string", "integer", "null"],
            "description": "Identifies the customer; comes back as customer_id.",
        }
    return {
        "type": "object",
        "title": f"Customer ({schema.name})",
        "description": "Raw names and levels, as the table spells them, are accepted as well.",
        "properties": properties,
        "required": [field.name for field in schema.features],
        "additionalProperties": False,
        "examples": [example_customer(schema)],
    }


def field_schema(field: Field) -> dict[str, Any]:
    """Return what one feature of a customer may be, as JSON Schema."""
    described = {"title": title(field), "description": _description(field)} | _extensions(field)
    if field.kind != "number":
        return described | _choices(field)
    null = ["null"] if field.accepts_missing else []
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    return described | {"type": ["number", *null]} | limits


def _description(field: Field) -> str:
    unit = f"In {field.unit}." if field.unit else ""
    blank = "" if field.blank is None else f"null stands for {_plain(field.blank)}."
    other = ""
    if field.unknown == "other" and field.kind != "number":
        other = "Other strings are taken and count as one further level."
    return " ".join(part for part in (field.help, unit, blank, other) if part)


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _extensions(field: Field) -> dict[str, Any]:
    """Return what JSON Schema has no word for: unit, range in training, what can be changed."""
    found: dict[str, Any] = {}
    if field.unit:
        found["x-unit"] = field.unit
    if field.kind == "number":
        found["x-training-range"] = list(training_range(field))
    if field.actionable:
        found["x-actionable"] = True
    return found


def _choices(field: Field) -> dict[str, Any]:
    digits = [int(level) for level in field.levels] if field.is_zero_one else []
    null = [None] if field.accepts_missing else []
    choices = [*field.levels, *digits, *json_words(field), *null]
    if field.unknown == "error":
        return {"enum": choices}
    return {"anyOf": [{"enum": choices}, {"type": "string", "pattern": r"\S"}]}
