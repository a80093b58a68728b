"""Envelopes: the forms of a body and of its answer, and which one a request asks for."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from flask import Request

from churn_contract.prediction import Prediction
from churn_contract.validation import Validator
from churn_service.envelopes.body import Body
from churn_service.errors import NoAcceptableAnswerError, UnsupportedBodyError

_FORM_TYPE = "application/x-www-form-urlencoded"
_UTF8 = {"utf-8", "utf8"}
_EXTRAS = {
    "application/vnd.apache.arrow.stream": "churn-service[arrow]",
    "application/vnd.apache.parquet": "churn-service[parquet]",
}


class Ask(NamedTuple):
    """How a body is to be read.

    Attributes:
        validator: Of the version that will answer.
        parameters: Those of the body's media type.
        is_lenient: Whether bad rows get errors in their places, and the others scores.
    """

    validator: Validator
    parameters: Mapping[str, str]
    is_lenient: bool = False


class Envelope(Protocol):
    """One form: reads bodies, writes answers."""

    @property
    def media_types(self) -> Sequence[str]:
        """The names of its media type; answers carry the first."""
        ...

    def read(self, content: bytes, ask: Ask) -> Body:
        """Read customers; ServiceError when they cannot be read or do not fit."""
        ...

    def write(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Write an answer."""
        ...


class Envelopes:
    """The forms that one address takes and answers in; the first is the usual one."""

    def __init__(self, *envelopes: Envelope) -> None:
        self._by_type = {name: item for item in envelopes for name in item.media_types}

    @property
    def media_types(self) -> str:
        """All media types, for a header."""
        return ", ".join(self._by_type)

    def reader(self, request: Request) -> Envelope:
        """Return the form of the body.

        Raises:
            UnsupportedBodyError: It is declared as none of them, or not in UTF-8.
        """
        charset = request.mimetype_params.get("charset", "utf-8").lower()
        found = self._by_type.get(request.mimetype)
        if found is not None and charset in _UTF8:
            return found
        raise UnsupportedBodyError(
            f"Send one of these types, in UTF-8: {self.media_types}.{_hint(request.mimetype)}",
            headers={"Accept-Post": self.media_types},
        )

    def writer(self, request: Request, own: Envelope) -> Envelope:
        """Return the form of the answer: what the caller prefers, else the body's own.

        Raises:
            NoAcceptableAnswerError: The caller takes none of them.
        """
        accept = request.accept_mimetypes
        if not accept:
            return own
        best = accept.best_match([*own.media_types, *self._by_type])
        if best is None:
            raise NoAcceptableAnswerError(f"This address answers with: {self.media_types}.")
        return self._by_type[best]


def content_type_of(writer: Envelope) -> str:
    """Return the content type of an answer; without a charset some clients guess another."""
    name = writer.media_types[0]
    return f"{name}; charset=utf-8" if name.startswith("text/") else name


def wants_lenient(request: Request) -> bool:
    """Tell whether the caller prefers scores beside errors (RFC 7240, `handling`)."""
    wishes = ",".join(request.headers.getlist("Prefer")).lower().replace(" ", "").split(",")
    return "handling=lenient" in {wish.partition(";")[0] for wish in wishes}


def _hint(mimetype: str) -> str:
    if mimetype in _EXTRAS:
        return f" This type needs an extra that is not installed here: {_EXTRAS[mimetype]}."
    if mimetype != _FORM_TYPE:
        return ""
    return " Clients such as curl -d say it is a form; add: -H 'Content-Type: application/json'."
