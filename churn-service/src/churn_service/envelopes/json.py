"""JSON: one customer as an object, several as an array; answers have the same form."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain

import msgspec

from churn_contract.json_text import parse_json
from churn_contract.prediction import Prediction
from churn_contract.validation import Customer, Validator
from churn_service.envelopes.body import Body
from churn_service.envelopes.form import Ask
from churn_service.envelopes.ignored import ignored_names
from churn_service.errors import REFUSALS, refusal_of

MEDIA_TYPE = "application/json"


class JsonEnvelope:
    """An object is one customer, an array several."""

    media_types = (MEDIA_TYPE,)

    def read(self, content: bytes, ask: Ask) -> Body:
        """Read customers.

        Raises:
            UnreadableBodyError: The body is not JSON, with the byte offset.
            TooManyCustomersError: The array is too long.
            RefusedCustomersError: With every bad field of every bad customer.
        """
        try:
            return _lenient(content, ask) if ask.is_lenient else _strict(content, ask)
        except REFUSALS as error:
            raise refusal_of(error) from error

    def write(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Write an object for an object, an array for an array."""
        if body.is_one:
            return msgspec.json.encode(predictions[0])
        return msgspec.json.encode(list(body.in_place(predictions) if body.bad else predictions))


def keys_of(records: Iterable[object]) -> Iterable[str]:
    """Return all names that stand in records, those that are no objects left out."""
    return chain.from_iterable(record for record in records if isinstance(record, Mapping))


def _strict(content: bytes, ask: Ask) -> Body:
    found = ask.validator.decode(content)
    ignored: tuple[str, ...] = ()
    if ask.validator.ignores_unknown:
        document = msgspec.json.decode(content)
        records = document if isinstance(document, list) else [document]
        ignored = ignored_names(keys_of(records), ask.validator.schema)
    again = reader_again(content)
    return Body(_as_list(found), again, not isinstance(found, list), ignored_fields=ignored)


def _lenient(content: bytes, ask: Ask) -> Body:
    document = parse_json(content)
    schema, validator = ask.validator.schema, ask.validator.lenient
    if not isinstance(document, list):
        customer = validator.check_any(document)
        ignored = ignored_names(keys_of([document]), schema)
        return Body(
            [customer], reader_again(content), is_one=True, is_lenient=True, ignored_fields=ignored
        )
    return lenient_body(document, ask)


def lenient_body(records: Sequence[object], ask: Ask, *, text: bool = False) -> Body:
    """Check records one by one; the good ones are scored, the bad ones named."""
    rows = ask.validator.lenient.check_rows(records, text=text)
    good = [
        record for record, found in zip(records, rows.customers, strict=True) if found is not None
    ]
    return Body(
        [customer for customer in rows.customers if customer is not None],
        lambda validator: validator.lenient.check_all(good, text=text),
        is_lenient=True,
        bad=tuple(rows.errors),
        ignored_fields=ignored_names(keys_of(records), ask.validator.schema),
    )


def reader_again(content: bytes) -> Callable[[Validator], list[Customer]]:
    """Return the function that reads a body with another validator."""
    return lambda validator: _as_list(validator.decode(content))


def _as_list(found: Customer | list[Customer]) -> list[Customer]:
    return found if isinstance(found, list) else [found]
