"""The schema as OpenAPI 3.1 components."""

from typing import Any

import msgspec

from churn_contract.cells import json_words
from churn_contract.forms import title
from churn_contract.outcome import Outcome
from churn_contract.prediction import Prediction
from churn_contract.problem import Problem
from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, Field


def components(schema: CustomerSchema) -> dict[str, Any]:
    """Return the object `components`: Customer by this schema, and the contract's own types."""
    _, schemas = msgspec.json.schema_components(
        (Prediction, Problem, Outcome), ref_template="#/components/schemas/{name}"
    )
    return {"schemas": {"Customer": _customer(schema)} | schemas}


def _customer(schema: CustomerSchema) -> dict[str, Any]:
    properties = {field.name: _property(field) for field in schema.features}
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
        "examples": [next(sample_customers(schema, seed=1))],
    }


def _property(field: Field) -> dict[str, Any]:
    unit = f"In {field.unit}." if field.unit else ""
    described = {"title": title(field), "description": f"{field.help} {unit}".strip()}
    if field.kind != "number":
        return described | {"enum": _choices(field)}
    null = ["null"] if field.accepts_missing else []
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    return described | {"type": ["number", *null]} | limits


def _choices(field: Field) -> list[object]:
    digits = [int(level) for level in field.levels] if field.is_zero_one else []
    null = [None] if field.accepts_missing else []
    return [*field.levels, *digits, *json_words(field), *null]
