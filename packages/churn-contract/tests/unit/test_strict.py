"""The fast pass on one customer: a row for what is usual, nothing for all else."""

import json

import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema
from churn_contract.strict import Customer, StrictDecoder


@pytest.fixture
def decoder(schema: CustomerSchema) -> StrictDecoder:
    return StrictDecoder(schema)


@pytest.fixture
def record(schema: CustomerSchema) -> dict[str, object]:
    return next(sample_customers(schema, 1))


def text_of(record: dict[str, object]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def test_a_row_becomes_the_customer_that_the_whole_decoder_gives(
    decoder: StrictDecoder, record: dict[str, object]
) -> None:
    row = decoder.row(text_of(record))
    assert row is not None
    customer = decoder.customer(row)
    assert isinstance(customer, Customer)
    assert customer == decoder.decode(text_of(record))


@pytest.mark.parametrize("customer_id", [" a1 ", "", 17, None])
def test_an_id_is_read_as_the_whole_decoder_reads_it(
    decoder: StrictDecoder, schema: CustomerSchema, record: dict[str, object], customer_id: object
) -> None:
    body = text_of(record | {str(schema.id): customer_id})
    assert decoder.customer(decoder.row(body)) == decoder.decode(body)


def test_an_absent_id_is_none(
    decoder: StrictDecoder, schema: CustomerSchema, record: dict[str, object]
) -> None:
    del record[str(schema.id)]
    assert decoder.customer(decoder.row(text_of(record))).customer_id is None


def test_what_is_unusual_is_left_to_the_slow_pass(
    decoder: StrictDecoder, record: dict[str, object]
) -> None:
    body = text_of(record)
    twice = text_of({"gender": record["gender"]})[:-1] + b"," + body[1:]
    unusual = [
        b"", b"[]", b"[" + body + b"]", body + b"x", b"\xff" + body, b"[" * 100_000, twice,
        text_of(record | {"more": 1}), text_of(record | {"gender": None}), b'{"' + body[1:],
    ]  # fmt: skip
    assert [decoder.row(text) for text in unusual] == [None] * len(unusual)
