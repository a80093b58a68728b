"""The schema of the demo customers."""

import pytest

from churn_contract.schema import CustomerSchema, demo_schema


@pytest.fixture(scope="session")
def demo() -> CustomerSchema:
    return demo_schema()
