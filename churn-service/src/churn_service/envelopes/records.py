"""Customers that come as mappings inside of some other document."""

from collections.abc import Sequence

from churn_contract.errors import MalformedBodyError
from churn_contract.json_text import parse_json
from churn_service.envelopes.body import Body
from churn_service.envelopes.form import Ask
from churn_service.envelopes.ignored import ignored_names
from churn_service.envelopes.json import keys_of, lenient_body
from churn_service.errors import REFUSALS, refusal_of


def parse_document(content: bytes) -> object:
    """Return the JSON of a body; UnreadableBodyError with the byte offset when it is none."""
    try:
        return parse_json(content)
    except MalformedBodyError as error:
        raise refusal_of(error) from error


def check_records(records: Sequence[object], ask: Ask) -> Body:
    """Return the customers of records: all of them must fit the schema, or leniently some.

    Raises:
        TooManyCustomersError: There are too many.
        RefusedCustomersError: With every bad field of every bad customer.
    """
    validator = ask.validator
    try:
        if ask.is_lenient:
            return lenient_body(records, ask)
        customers = validator.check_all(records)
    except REFUSALS as error:
        raise refusal_of(error) from error
    names = keys_of(records) if validator.ignores_unknown else ()
    ignored = ignored_names(names, validator.schema)
    return Body(customers, lambda other: other.check_all(records), ignored_fields=ignored)
