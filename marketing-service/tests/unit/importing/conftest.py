"""A small customer schema that no real table has, and files for it."""

from collections.abc import Callable

import pytest

from churn_contract.schema import CustomerSchema, Field, OutcomeField
from marketing_service.store import live_schema
from marketing_service.store.engine import Database


@pytest.fixture
def schema() -> CustomerSchema:
    """Give a schema with an id, an outcome, a number, a category and a blank."""
    return CustomerSchema(
        name="boats",
        id="boat",
        outcome=OutcomeField(field="sold", positive="yes"),
        fields=(
            Field(name="boat", raw="Boat", kind="text", role="id"),
            Field(name="length", raw="Length", kind="number", minimum=1, maximum=99),
            Field(name="hull", raw="Hull", kind="category", levels=("steel", "größe_a")),
            Field(name="fee", raw="Fee", kind="number", minimum=0, maximum=900, blank=0),
            Field(name="sold", raw="Sold", kind="text", role="outcome"),
        ),
    )


def publish(database: Database, schema: CustomerSchema) -> None:
    """Make a schema the live one."""
    with database.write() as conn:
        live_schema.put(
            conn, schema=schema.to_json(), digest=schema.digest, model_version="v1", now_ms=1
        )


@pytest.fixture(name="publish")
def publish_fixture() -> Callable[[Database, CustomerSchema], None]:
    """Give the function that makes a schema the live one."""
    return publish
