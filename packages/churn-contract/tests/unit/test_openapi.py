from typing import Any

from churn_contract.openapi import components, field_schema
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Validator


def customer(schema: CustomerSchema) -> dict[str, Any]:
    found: dict[str, Any] = components(schema)["schemas"]["Customer"]
    return found


def test_the_customer_has_the_schemas_names_limits_and_levels(schema: CustomerSchema) -> None:
    described = customer(schema)
    assert described["required"] == [field.name for field in schema.features]
    assert described["additionalProperties"] is False
    assert described["properties"]["contract"]["enum"] == ["month-to-month", "one_year", "two_year"]
    tenure = described["properties"]["tenure"]
    assert (tenure["type"], tenure["minimum"], tenure["maximum"]) == (["number"], 0, 792)
    assert tenure["description"].endswith("In months.")
    assert described["properties"]["totalcharges"]["type"] == ["number", "null"]
    assert "churn" not in described["properties"]


def test_what_json_may_say_for_a_boolean_is_listed(small_schema: CustomerSchema) -> None:
    properties = customer(small_schema)["properties"]
    assert properties["sauna"]["enum"] == ["0", "1", 0, 1, False, True, None]
    assert properties["guest"]["enum"] == ["f", "t", False, True]
    assert properties["coach"]["enum"] == ["yes", True]
    assert properties["sauna"]["title"] == "Sauna"
    assert properties["sauna"]["description"] == ""


def test_a_field_that_takes_unseen_levels_takes_other_strings(
    small_schema: CustomerSchema,
) -> None:
    town = customer(small_schema)["properties"]["town"]
    assert town["anyOf"][0] == {"enum": ["ely", "rye"]}
    assert town["anyOf"][1]["type"] == "string"
    assert town["description"] == "Other strings are taken and count as one further level."


def test_what_null_stands_for_is_said(small_schema: CustomerSchema) -> None:
    properties = customer(small_schema)["properties"]
    assert properties["plan"]["description"] == "null stands for day."
    assert None in properties["plan"]["enum"]
    zero = Field(name="x", kind="number", minimum=0, maximum=9, blank=0)
    assert field_schema(zero)["description"] == "null stands for 0."


def test_unit_training_range_and_what_can_be_changed_come_along() -> None:
    number = Field(
        name="fee", kind="number", minimum=0, maximum=99, lowest=5, highest=60, unit="EUR",
        actionable=True,
    )  # fmt: skip
    described = field_schema(number)
    assert (described["x-unit"], described["x-training-range"]) == ("EUR", [5.0, 60.0])
    assert described["x-actionable"] is True
    assert "x-actionable" not in field_schema(Field(name="b", kind="boolean", levels=("0", "1")))


def test_the_example_is_a_valid_customer(schema: CustomerSchema) -> None:
    Validator(schema).check(customer(schema)["examples"][0])


def test_a_schema_without_an_id_describes_none(schema: CustomerSchema) -> None:
    assert "customerid" in customer(schema)["properties"]
    assert customer(CustomerSchema("s"))["properties"] == {}


def test_the_contracts_own_types_come_along_and_references_resolve(
    schema: CustomerSchema,
) -> None:
    schemas = components(schema)["schemas"]
    assert {"Customer", "FieldError", "Outcome", "Prediction", "Problem", "Reason"} <= set(schemas)
    errors = schemas["Problem"]["properties"]["errors"]
    assert errors["items"] == {"$ref": "#/components/schemas/FieldError"}
