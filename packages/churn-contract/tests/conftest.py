"""Schemas and customers that the contract's tests share."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from churn_contract.schema import CustomerSchema, Field, OutcomeField, demo_schema
from churn_contract.validation import Validator

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def schema() -> CustomerSchema:
    return demo_schema()


@pytest.fixture(scope="session")
def validator(schema: CustomerSchema) -> Validator:
    return Validator(schema)


@pytest.fixture
def record() -> dict[str, object]:
    return {
        "gender": "female",
        "seniorcitizen": 0,
        "partner": "yes",
        "dependents": "no",
        "tenure": 1,
        "phoneservice": "no",
        "multiplelines": "no_phone_service",
        "internetservice": "dsl",
        "onlinesecurity": "no",
        "onlinebackup": "yes",
        "deviceprotection": "no",
        "techsupport": "no",
        "streamingtv": "no",
        "streamingmovies": "no",
        "contract": "month-to-month",
        "paperlessbilling": "yes",
        "paymentmethod": "electronic_check",
        "monthlycharges": 29.85,
        "totalcharges": 29.85,
    }


@pytest.fixture(scope="session")
def small_schema() -> CustomerSchema:
    """Return a table with every kind of field and every rule, unlike the demo's."""
    return CustomerSchema(
        name="gym",
        id="member",
        outcome=OutcomeField("left", "1"),
        fields=(
            Field(name="member", raw="Member", kind="text", role="id"),
            Field(name="visits", kind="number", minimum=0, maximum=99, nullable=True),
            Field(name="plan", kind="category", levels=("day", "year"), blank="day"),
            Field(name="sauna", kind="boolean", levels=("0", "1"), nullable=True),
            Field(name="guest", kind="boolean", levels=("f", "t"), raw_levels=("F", "T")),
            Field(name="coach", kind="boolean", levels=("yes",)),
            Field(name="town", kind="category", levels=("ely", "rye"), unknown="other"),
            Field(name="mail", raw="E-Mail", kind="text", role="contact"),
            Field(name="left", kind="boolean", levels=("0", "1"), role="outcome"),
        ),
    )


@pytest.fixture
def small_record() -> dict[str, object]:
    return {
        "visits": 3,
        "plan": "year",
        "sauna": 1,
        "guest": "t",
        "coach": "yes",
        "town": "ely",
    }


@pytest.fixture(scope="session")
def telco_rows() -> list[dict[str, str]]:
    """Return the real table, from TELCO_CSV or the folder beside the repository."""
    beside = sorted((REPOSITORY.parent / "shared" / "data" / "telco").glob("*.csv"))
    path = os.environ.get("TELCO_CSV") or next(iter(beside), None)
    if path is None:
        pytest.skip("the real Telco table is not there; set TELCO_CSV")
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def field() -> Callable[..., Field]:
    """Make a number field, or another one by keyword."""

    def make(**changes: object) -> Field:
        given: dict[str, object] = {"name": "x", "kind": "number", "minimum": 0, "maximum": 9}
        return Field(**(given | changes))  # type: ignore[arg-type]  # wrong ones are the test

    return make
