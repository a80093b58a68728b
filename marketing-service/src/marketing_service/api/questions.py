"""How questions are read: who asks, page limits, filters, and their complaints."""

from flask import request

from churn_contract import headers as names
from churn_contract.errors import MalformedBodyError
from churn_contract.json_text import parse_json
from churn_contract.problem import FieldError
from marketing_service.errors import InvalidRequestError

MOST_ROWS = 10_000
NOBODY = "local"
_OBJECT = 'Send a JSON object, as {"expect": "..."}, or nothing.'


def actor() -> str:
    """Name who asks: the owner of the access key, as the gateway says."""
    return request.headers.get(names.KEY_OWNER, "").strip()[:200] or NOBODY


def refuse_zero_bytes() -> None:
    """Refuse an address with a zero byte: no name has one, and PostgreSQL fails on it.

    Raises:
        InvalidRequestError: The path or the query holds one.
    """
    values = (value for found in request.args.listvalues() for value in found)
    if any("\0" in text for text in (request.path, *values)):
        raise InvalidRequestError("The address holds a zero byte.")


def row_limit(default: int) -> int:
    """Read `limit`: rows per page.

    Raises:
        InvalidRequestError: It is no whole number from 1 to 10,000.
    """
    return whole_number("limit", default, minimum=1, maximum=MOST_ROWS)


def whole_number(name: str, default: int, *, minimum: int = 0, maximum: int = 2**62) -> int:
    """Read a whole number of the query.

    Raises:
        InvalidRequestError: It is none, or beyond the limits.
    """
    text = request.args.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or not minimum <= int(text[:20]) <= maximum:
        raise invalid_query(name, f"must be a whole number from {minimum} to {maximum}")
    return int(text)


def invalid_query(name: str, rule: str) -> InvalidRequestError:
    """Make the complaint about one parameter."""
    error = FieldError(pointer=f"?{name}", field=name, code="out-of-range", detail=rule)
    return InvalidRequestError(f"{name} {rule}.", errors=[error])


def json_object() -> dict[str, object]:
    """Read a body that is a JSON object; an empty body is an empty object.

    Raises:
        InvalidRequestError: It is something else.
    """
    body = request.get_data()
    if not body:
        return {}
    try:
        found = parse_json(body)
    except MalformedBodyError as error:
        raise InvalidRequestError(f"{_OBJECT} It is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidRequestError(_OBJECT)
    return found


def wants_csv() -> bool:
    """Tell whether the caller prefers CSV to JSON."""
    return request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv"
