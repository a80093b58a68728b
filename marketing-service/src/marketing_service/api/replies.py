"""What every route shares: who asks, how answers are written, how numbers are read."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import Response, request

from churn_contract import headers
from churn_contract.problem import FieldError
from marketing_service.errors import InvalidRequestError

JSON = "application/json"
CSV = "text/csv"
LARGEST_PAGE = 1_000
LOCAL_ACTOR = "local"


def json_reply(document: Any, status: int = 200, **more: str) -> Response:
    """Write a document as JSON; `more` are headers, as `Location`."""
    reply = Response(msgspec.json.encode(document), status, content_type=JSON)
    reply.headers.update(more)
    return reply


def actor() -> str:
    """Return who asks: the owner of the key that the gateway checked."""
    return request.headers.get(headers.KEY_OWNER) or LOCAL_ACTOR


def wants_csv() -> bool:
    """Return whether the caller prefers CSV to JSON."""
    return request.accept_mimetypes.best_match([JSON, CSV], default=JSON) == CSV


def page_limit(default: int) -> int:
    """Return the wanted page size.

    Raises:
        InvalidRequestError: `limit` is no number from 1 to the largest page.
    """
    return whole_number("limit", default, smallest=1, largest=LARGEST_PAGE)


def whole_number(name: str, default: int, *, smallest: int = 0, largest: int = 2**62) -> int:
    """Read a whole number from the query string.

    Raises:
        InvalidRequestError: It is none, or outside its limits.
    """
    text = request.args.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or not smallest <= int(text) <= largest:
        raise invalid(name, f"must be a whole number from {smallest} to {largest}")
    return int(text)


def invalid(field: str, detail: str) -> InvalidRequestError:
    """Return the error about one field of a request."""
    error = FieldError(pointer=f"/{field}", field=field, code="invalid", detail=detail)
    return InvalidRequestError(f"{field} {detail}.", errors=[error])


def instant(at_ms: int | None) -> str | None:
    """Write an instant as RFC 3339 in UTC; None stays None."""
    if at_ms is None:
        return None
    text = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
