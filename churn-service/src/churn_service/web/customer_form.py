"""The form that describes one customer: what it shows, and what is wrong beside it."""

from collections.abc import Mapping
from typing import Any

from flask import request

from churn_contract.errors import InvalidCustomersError
from churn_contract.forms import form_fields
from churn_contract.schema import CustomerSchema

ASKED = "?fields"  # no field of a schema is called so: canonical names have no such start


def sent_values() -> dict[str, str]:
    """Return the fields of the form at hand, as sent."""
    return {name: text for name, text in request.form.items() if name != ASKED}


def example_values(schema: CustomerSchema) -> dict[str, str]:
    """Return an ordinary customer to begin with."""
    return {field.name: field.example for field in form_fields(schema)}


def form_context(
    schema: CustomerSchema, values: Mapping[str, str], error: InvalidCustomersError | None = None
) -> dict[str, Any]:
    """Return what the form's template needs: inputs, what they hold, errors by field."""
    fields = form_fields(schema)
    return {
        "fields": fields,
        "values": values,
        "errors": {item.field: item.detail for item in error.errors} if error else {},
        "labels": {field.name: field.label for field in fields},
    }
