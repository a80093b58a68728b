"""Customers that come as mappings inside of some other document."""

from collections.abc import Sequence

from churn_contract.errors import MalformedBodyError
from churn_contract.json_text import parse_json
from churn_contract.validation import Validator
from churn_service.envelopes.body import Body
from churn_service.envelopes.ignored import ignored_names
from churn_service.envelopes.json import keys_of
from churn_service.errors import REFUSALS, refusal_of


def parse_document(content: bytes) -> object:
    """Return the JSON of a body; UnreadableBodyError with the byte offset when it is none."""
    try:
        return parse_json(content)
    except MalformedBodyError as error:
        raise refusal_of(error) from error


def check_records(records: Sequence[object], validator: Validator) -> Body:
    """Return the customers of records, all of which must fit the schema.

    Raises:
        TooManyCustomersError: There are too many.
        RefusedCustomersError: With every bad field of every bad customer.
    """
    try:
        customers = validator.check_all(records)
    except REFUSALS as error:
        raise refusal_of(error) from error
    names = keys_of(records) if validator.ignores_unknown else ()
    ignored = ignored_names(names, validator.schema)
    return Body(customers, lambda other: other.check_all(records), ignored_fields=ignored)
