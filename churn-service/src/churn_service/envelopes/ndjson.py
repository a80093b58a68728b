"""JSON Lines: one customer per line; blank lines count for nothing."""

from collections.abc import Sequence
from functools import partial

import msgspec

from churn_contract.errors import InvalidCustomersError, MalformedBodyError
from churn_contract.json_text import parse_json
from churn_contract.prediction import Prediction
from churn_contract.records import NoRecord
from churn_contract.validation import Customer, Validator
from churn_service.envelopes.body import Body
from churn_service.envelopes.form import Ask
from churn_service.envelopes.ignored import ignored_names
from churn_service.envelopes.json import keys_of, lenient_body
from churn_service.envelopes.lines import check_lengths, with_lines
from churn_service.errors import REFUSALS, refusal_of

_BLANK = b" \t\r"
_BROKEN = NoRecord("this line is not valid JSON")


class NdjsonEnvelope:
    """A line is one customer, and one prediction of the answer."""

    media_types = (
        "application/x-ndjson",
        "application/jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/json-lines",
    )

    def read(self, content: bytes, ask: Ask) -> Body:
        """Read customers; errors name line and field."""
        try:
            check_lengths(content)
            lines = [
                (number, line)
                for number, line in enumerate(content.split(b"\n"), 1)
                if line.strip(_BLANK)
            ]
            if ask.is_lenient:
                return lenient_body([_value_or_text(line) for _, line in lines], ask)
            return _strict(lines, ask)
        except REFUSALS as error:
            raise refusal_of(error) from error

    def write(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Write a line per row."""
        return msgspec.json.Encoder().encode_lines(list(body.in_place(predictions)))


def _strict(lines: Sequence[tuple[int, bytes]], ask: Ask) -> Body:
    ask.validator.check_length(lines)
    customers = _quick(lines, ask.validator)
    if customers is not None and not ask.validator.ignores_unknown:
        return Body(customers, partial(_checked, lines))
    records = [_value(number, line) for number, line in lines]
    strangers = keys_of(records) if ask.validator.ignores_unknown else ()
    ignored = ignored_names(strangers, ask.validator.schema)
    return Body(_checked(lines, ask.validator), partial(_checked, lines), ignored_fields=ignored)


def _quick(lines: Sequence[tuple[int, bytes]], validator: Validator) -> list[Customer] | None:
    """Return the customers when every line is one in order, else None.

    The lines are decoded as one array. A line that is no whole object cannot hide in it:
    each begins and ends like one, and the strict decoder counts commas, so that no comma
    of ours can stand inside a string.
    """
    texts = [line.strip(_BLANK) for _, line in lines]
    if not all(text[:1] == b"{" and text[-1:] == b"}" for text in texts):
        return None
    found = validator.strict.decode(b"[%b]" % b",".join(texts))
    return found if isinstance(found, list) and len(found) == len(texts) else None


def _checked(lines: Sequence[tuple[int, bytes]], validator: Validator) -> list[Customer]:
    records = [_value(number, line) for number, line in lines]
    try:
        return validator.check_all(records)
    except InvalidCustomersError as error:
        raise with_lines(error, [number for number, _ in lines]) from error


def _value(number: int, line: bytes) -> object:
    try:
        return parse_json(line)
    except MalformedBodyError as error:
        raise MalformedBodyError(f"line {number}: {error}") from None


def _value_or_text(line: bytes) -> object:
    """Return the value of a line; what is no JSON is no object and so a bad row."""
    try:
        return parse_json(line)
    except MalformedBodyError:
        return _BROKEN
