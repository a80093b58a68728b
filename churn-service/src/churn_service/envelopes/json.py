"""JSON: one customer as an object, several as an array; answers have the same form."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Self
from urllib.parse import quote

import msgspec
from flask import Request, Response

from churn_contract.prediction import Prediction
from churn_contract.validation import Customer, Validator
from churn_service.errors import (
    REFUSALS,
    NoAcceptableAnswerError,
    UnsupportedBodyError,
    refusal_of,
)

MEDIA_TYPE = "application/json"
IGNORED_FIELDS = "X-Ignored-Fields"
_FORM_TYPE = "application/x-www-form-urlencoded"
_MOST_NAMES, _LONGEST_NAME = 20, 64


@dataclass(frozen=True)
class CustomersBody:
    """The customers of one body, and what its answer must look like."""

    customers: list[Customer]
    is_array: bool
    ignored_fields: tuple[str, ...] = ()
    content: bytes = b""

    def reread(self, validator: Validator) -> Self:
        """Read the customers again; see `CustomerBody`."""
        found = validator.decode(self.content)
        return replace(self, customers=found if isinstance(found, list) else [found])


def read_customers(
    request: Request, validator: Validator, *, names_ignored: bool = False
) -> CustomersBody:
    """Check a request's types, then read its customers.

    With `names_ignored`, the answer will name the fields that `validator` left out.

    Raises:
        UnsupportedBodyError: The body is not declared as plain UTF-8 JSON.
        NoAcceptableAnswerError: The caller does not take JSON.
        UnreadableBodyError: The body is not JSON, with the byte offset.
        TooManyCustomersError: The array is too long.
        RefusedCustomersError: With every bad field of every bad customer.
    """
    _check_media_type(request)
    _check_accept(request)
    body = request.get_data(cache=False)
    try:
        found = validator.decode(body)
    except REFUSALS as error:
        raise refusal_of(error) from error
    is_array = isinstance(found, list)
    customers = found if isinstance(found, list) else [found]
    ignored = _ignored_fields(body, validator) if names_ignored else ()
    return CustomersBody(customers, is_array, ignored, body)


def write_predictions(body: CustomersBody, predictions: Sequence[Prediction]) -> Response:
    """Answer with the predictions in the form the customers came in."""
    content = msgspec.json.encode(predictions if body.is_array else predictions[0])
    response = Response(content, content_type=MEDIA_TYPE)
    if body.ignored_fields:
        response.headers[IGNORED_FIELDS] = ", ".join(body.ignored_fields)
    return response


def _check_media_type(request: Request) -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    coding = request.headers.get("Content-Encoding", "identity").lower()
    if request.mimetype == MEDIA_TYPE and charset in {"utf-8", "utf8"} and coding == "identity":
        return
    raise UnsupportedBodyError(
        f"Send {MEDIA_TYPE} in UTF-8; the types taken here are: {MEDIA_TYPE}."
        f"{_hint(request.mimetype, coding)}",
        headers={"Accept-Post": MEDIA_TYPE},
    )


def _hint(mimetype: str, coding: str) -> str:
    if mimetype == _FORM_TYPE:
        return (
            " Clients such as curl -d say it is a form; add: -H 'Content-Type: application/json'."
        )
    return "" if coding == "identity" else " Send the body without Content-Encoding."


def _check_accept(request: Request) -> None:
    if request.accept_mimetypes and not request.accept_mimetypes.best_match([MEDIA_TYPE]):
        raise NoAcceptableAnswerError(f"This address answers with: {MEDIA_TYPE}.")


def _ignored_fields(body: bytes, validator: Validator) -> tuple[str, ...]:
    """Name the fields that a lenient validator left out, fit for a header."""
    document = msgspec.json.decode(body)
    records = document if isinstance(document, list) else [document]
    names = set(chain.from_iterable(records))
    strangers = sorted(name for name in names if validator.schema.find(name) is None)
    return tuple(quote(name[:_LONGEST_NAME], safe="") for name in strangers[:_MOST_NAMES])
