"""Many records at once: the quick pass over them says what the slow one says."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn_contract.errors import InvalidCustomersError, TooManyRowsError
from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, demo_schema
from churn_contract.validation import Validator

FIELDS = [field.name for field in demo_schema().fields]
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["yes", "no", "No", "0", "1", " dsl ", "one_year", "One year", "", "x" * 201])
    | st.text(max_size=8)
)
LIMITED = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def validator(schema: CustomerSchema) -> Validator:
    return Validator(schema, max_rows=3)


def outcome(check: Any, record: object) -> object:
    try:
        return check(record)
    except InvalidCustomersError as error:
        return [(item.field, item.code) for item in error.errors]


@given(changes=st.dictionaries(st.sampled_from([*FIELDS, "Contract", "more"]), VALUES, max_size=3))
@LIMITED
def test_any_record_gets_what_the_slow_pass_says(
    validator: Validator, changes: dict[str, object]
) -> None:
    record = next(sample_customers(validator.schema, 3)) | changes

    quick = outcome(lambda each: validator.check_all([each])[0], record)

    assert quick == outcome(validator.check, record)


@pytest.mark.parametrize("record", [None, 5, "x", [], [{}], {}])
def test_what_is_no_record_is_refused(validator: Validator, record: object) -> None:
    assert outcome(lambda each: validator.check_all([each]), record)


def test_records_and_their_stream_are_the_same(
    validator: Validator, schema: CustomerSchema
) -> None:
    samples = sample_customers(schema, 4)
    records = [next(samples) for _ in range(3)]

    assert validator.check_all(records) == validator.check_all(iter(records))
    assert validator.check_all([]) == []


def test_too_many_records_are_refused_before_they_are_read(validator: Validator) -> None:
    with pytest.raises(TooManyRowsError):
        validator.check_all([None] * 4)
