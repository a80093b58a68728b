"""Problems: errors raised low become `application/problem+json` in one place (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from churn_contract.problem import PROBLEM_MEDIA_TYPE, FieldError, Problem
from service_kit.logs import EventLog, correlation
from service_kit.request_record import note_failure

PROBLEM_PATH = "/problems/"
# Names that say more than the status line's phrase, or whose phrase changed with Python 3.13.
_NAMES = {
    413: "body-too-large",
    416: "range-not-satisfiable",
    500: "internal-error",
    503: "unavailable",
}
_DETAILS = {
    400: "The request cannot be read as HTTP with the promised content.",
    404: "There is nothing at this address.",
    413: "The body is larger than this service accepts.",
    500: "The service failed; its log holds the cause under this request id.",
}


class ServiceError(Exception):
    """Base of every error that a caller may see; subclasses name status, type and title.

    Args:
        detail: What happened and how to cure it, without any input value.
        errors: One entry per bad field.
        headers: Further headers of the answer, as `Retry-After`.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "The service failed"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def problem_of(error: Exception) -> Problem:
    """Describe any error for the caller; unknown ones tell nothing of their inside."""
    if isinstance(error, ServiceError):
        return _problem(error.status, error.type, error.title, error.detail, error.errors)
    status = getattr(error, "code", None) if isinstance(error, HTTPException) else None
    status = status or HTTPStatus.INTERNAL_SERVER_ERROR
    phrase = HTTPStatus(status).phrase
    name = _NAMES.get(status, phrase.lower().replace(" ", "-"))
    return _problem(status, name, phrase, _detail_of(status, error))


def problem_response(error: Exception) -> Response:
    """Answer with the problem of an error: status, media type, headers, no trace."""
    problem = problem_of(error)
    note_failure(problem.type.removeprefix(PROBLEM_PATH))
    response = Response(problem.to_json(), problem.status, content_type=PROBLEM_MEDIA_TYPE)
    response.headers.update(headers_of(error))
    return response


def headers_of(error: Exception) -> dict[str, str]:
    """Tell the headers an error asks for, as `Allow` of a 405."""
    if isinstance(error, ServiceError):
        return error.headers
    if isinstance(error, MethodNotAllowed):
        return {"Allow": _allowed(error)}
    return {}


def install_problems(app: Flask, log: EventLog) -> None:
    """Make every error of the app a problem; unexpected ones are logged as well."""

    def answer(error: Exception) -> Response:
        log_unexpected(log, error)
        return problem_response(error)

    # A redirect of the router is no problem, but an HTML page: addresses are exact instead.
    app.url_map.merge_slashes = False
    app.register_error_handler(Exception, answer)


def log_unexpected(log: EventLog, error: Exception) -> None:
    """Write `request.failed` for an error that nobody raised on purpose."""
    if not isinstance(error, ServiceError | HTTPException):
        log.failure("request.failed", error)


def _problem(
    status: int, name: str, title: str, detail: str, errors: tuple[FieldError, ...] = ()
) -> Problem:
    return Problem(
        type=PROBLEM_PATH + name,
        title=title,
        status=status,
        detail=detail,
        instance=correlation().request_id,
        errors=errors,
    )


def _detail_of(status: int, error: Exception) -> str:
    if isinstance(error, MethodNotAllowed):
        return f"This address answers {_allowed(error)}."
    return _DETAILS.get(status, "")


def _allowed(error: MethodNotAllowed) -> str:
    return ", ".join(sorted(error.valid_methods or ()))
