"""Errors in the words of other protocols: `{"error": "a sentence"}`."""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from flask import Response
from werkzeug.exceptions import HTTPException

from churn_contract.problem import FieldError, Problem
from service_kit.admission import as_problem
from service_kit.problems import PROBLEM_PATH, ServiceError, headers_of, problem_of
from service_kit.request_record import note_failure

MOST_TOLD = 20
_MEDIA_TYPE = "application/json"
# These protocols know one status for all that is wrong with a body.
_STATUS = {HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST}

Routes = TypeVar("Routes")
Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[Routes, Arguments], Response]


def tells_errors(view: View[Routes, Arguments]) -> View[Routes, Arguments]:
    """Make a view answer its errors as `{"error": ...}`; unexpected ones stay problems."""

    @wraps(view)
    def telling(routes: Routes, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
        try:
            return view(routes, *args, **kwargs)
        except (ServiceError, HTTPException) as error:
            return error_answer(error)

    return telling


def error_answer(error: ServiceError | HTTPException) -> Response:
    """Return an error as JSON with one sentence for people."""
    problem = problem_of(error)
    status = _STATUS.get(HTTPStatus(problem.status), problem.status)
    text = " ".join([problem.detail or f"{problem.title}.", *_sentences(problem.errors)])
    note_failure(problem.type.removeprefix(PROBLEM_PATH))
    content = msgspec.json.encode({"error": text})
    response = Response(content, status, content_type=_MEDIA_TYPE)
    response.headers.update(headers_of(error))
    return response


def refusal_body(path: str, problem: Problem) -> tuple[str, bytes]:
    """Return type and content of a refusal that is made before any view is chosen."""
    if path.startswith("/v2/") or path.endswith(":predict"):
        return _MEDIA_TYPE, msgspec.json.encode({"error": problem.detail})
    return as_problem(path, problem)


def _sentences(errors: Sequence[FieldError]) -> Iterator[str]:
    """Yield a sentence per field and kind of error, with the first row that has it."""
    first = {(error.field, error.code): error for error in reversed(errors)}
    told = [error for error in errors if first[error.field, error.code] is error]
    for error in told[:MOST_TOLD]:
        yield f"{error.field or 'It'} {error.detail} ({error.pointer or '/'})."
    if len(told) > MOST_TOLD:
        yield "And more."
