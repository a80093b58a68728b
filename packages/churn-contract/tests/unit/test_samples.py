import json
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, demo_schema
from churn_contract.validation import Validator

DEMO = Validator(demo_schema())


@given(st.integers())
def test_every_sample_is_a_valid_customer(seed: int) -> None:
    rows = list(islice(sample_customers(DEMO.schema, seed), 20))
    assert len(DEMO.decode(json.dumps(rows).encode())) == 20


@pytest.mark.parametrize("name", ["schema", "small_schema"])
def test_samples_reach_every_level_and_missing_values(
    name: str, request: pytest.FixtureRequest
) -> None:
    schema: CustomerSchema = request.getfixturevalue(name)
    rows = list(islice(sample_customers(schema, seed=1), 500))
    customers = Validator(schema).decode(json.dumps(rows).encode())
    columns = zip(*(customer.values for customer in customers), strict=True)  # type: ignore[misc, union-attr]  # a list
    for field, values in zip(schema.features, columns, strict=True):
        assert set(field.levels) <= set(values)
        assert field.accepts_missing == (None in {row[field.name] for row in rows})


def test_the_same_seed_gives_the_same_customers(schema: CustomerSchema) -> None:
    first, second, other = (list(islice(sample_customers(schema, seed), 5)) for seed in (3, 3, 4))
    assert first == second
    assert first != other


def test_whole_ranges_give_whole_numbers_and_ids_count_up(schema: CustomerSchema) -> None:
    rows = list(islice(sample_customers(schema, seed=2), 3))
    assert all(isinstance(row["tenure"], int) for row in rows)
    assert [row["customerid"] for row in rows] == ["sample-1", "sample-2", "sample-3"]


def test_a_schema_without_an_id_gives_none() -> None:
    assert next(sample_customers(CustomerSchema("s"), seed=1)) == {}
