from typing import Any

from churn_contract.openapi import components
from churn_contract.schema import CustomerSchema
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
