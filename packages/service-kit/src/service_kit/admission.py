"""Admission: who may come in. Late work is dropped, and large work waits in few places.

No WSGI server sheds load: what it cannot work on waits in its queue, until callers give
up and ask again. Here requests that came too late are refused at once, and a bounded
number of large ones is worked on or waits; the rest are refused within milliseconds.
"""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from churn_contract import headers
from churn_contract.problem import PROBLEM_MEDIA_TYPE, Problem
from service_kit.deadline import DeadlinePassedError, ends_at
from service_kit.problems import PROBLEM_PATH, ServiceError
from service_kit.request_record import new_request_id, well_formed_id

LARGE_BODY = 16 * 1024
LONGEST_TAKEN = 1024 * 1024
# clocks of two machines differ; a start that is further off than this is no start
_LONGEST_AGE = 600.0
_NEVER = float("inf")
_MOST_DIGITS = 20


class OverloadedError(ServiceError):
    """There is more to do than can be done in time."""

    status, type, title = 503, "overloaded", "The service is busy"


class Limits(NamedTuple):
    """How much may be under way.

    Attributes:
        working: Large requests worked on at the same time.
        waiting: Large requests that may wait for that.
        queue_seconds: The longest that a request may have waited, before or here.
    """

    working: int
    waiting: int
    queue_seconds: float


def as_problem(_path: str, problem: Problem) -> tuple[str, bytes]:
    """Write a refusal as a problem document, whatever its path."""
    return PROBLEM_MEDIA_TYPE, problem.to_json()


class Admission:
    """Lets requests in, or refuses them.

    Args:
        behind: The application.
        limits: How much may be under way.
        refused: Counts and logs a refusal: status, type, request id, seconds.
        is_draining: Tells whether the process is about to end; connections are then
            closed after each answer, so that none is lost when it does.
        free: Paths whose large bodies cost little, as uploads that are only stored.
        write: Turns path and problem of a refusal into media type and content.
    """

    def __init__(
        self,
        behind: WSGIApplication,
        limits: Limits,
        refused: Callable[[int, str, str, float], None],
        is_draining: Callable[[], bool],
        *,
        free: frozenset[str] = frozenset(),
        write: Callable[[str, Problem], tuple[str, bytes]] = as_problem,
    ) -> None:
        self._behind = behind
        self._limits = limits
        self._refused = refused
        self._is_draining = is_draining
        self._free = free
        self._write = write
        self._places = threading.BoundedSemaphore(limits.working + limits.waiting)
        self._working = threading.BoundedSemaphore(limits.working)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if self._is_draining():
            start_response = _closing(start_response)
        started, deadline = (environ.get("HTTP_X_REQUEST_START"),
                             environ.get("HTTP_X_REQUEST_DEADLINE_MS"))  # fmt: skip
        if started is None and deadline is None and not self._is_large(environ):
            return self._behind(environ, start_response)
        arrived = time.monotonic()
        try:
            return self._admitted(environ, start_response, _age(started), _seconds(deadline))
        except (OverloadedError, DeadlinePassedError) as error:
            return self._refuse(environ, start_response, error, arrived)

    def _admitted(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        age: float,
        deadline: float,
    ) -> Iterable[bytes]:
        """Answer a request unless it is late; a large one when there is room for it."""
        left = deadline - age
        if left <= 0:
            raise DeadlinePassedError("The request had expired when its turn came.")
        if age > self._limits.queue_seconds:
            raise _busy("The request waited too long for its turn.")
        with ExitStack() as stack:
            if left < _NEVER:
                stack.enter_context(ends_at(time.monotonic() + left))
            if self._is_large(environ):
                self._enter(stack, min(self._limits.queue_seconds - age, left))
            return self._behind(environ, start_response)

    def _enter(self, stack: ExitStack, seconds: float) -> None:
        """Take a place and then, within so many seconds, the right to work."""
        if not self._places.acquire(blocking=False):
            raise _busy("As many large requests as can be handled are under way.")
        stack.callback(self._places.release)
        if not self._working.acquire(timeout=seconds):
            raise _busy("The request waited too long for its turn.")
        stack.callback(self._working.release)

    def _is_large(self, environ: WSGIEnvironment) -> bool:
        if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] in self._free:
            return False
        if "HTTP_CONTENT_ENCODING" in environ:  # nobody knows yet how large it is
            return True
        length = environ.get("CONTENT_LENGTH") or ""
        return not length.isdecimal() or len(length) > _MOST_DIGITS or int(length) > LARGE_BODY

    def _refuse(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        error: ServiceError,
        arrived: float,
    ) -> Iterable[bytes]:
        request_id = well_formed_id(environ.get("HTTP_X_REQUEST_ID", "")) or new_request_id()
        problem = Problem(
            type=PROBLEM_PATH + error.type,
            title=error.title,
            status=error.status,
            detail=error.detail,
            instance=request_id,
        )
        media_type, content = self._write(environ["PATH_INFO"], problem)
        answer_headers = [
            ("Content-Type", media_type),
            ("Content-Length", str(len(content))),
            (headers.REQUEST_ID, request_id),
            *error.headers.items(),
        ]
        _take(environ)
        start_response(f"{error.status} {error.title}", answer_headers)
        self._refused(error.status, error.type, request_id, time.monotonic() - arrived)
        return [content]


def _take(environ: WSGIEnvironment) -> None:
    """Read a body that nobody will look at, unless it is very long.

    A server that closes a connection with bytes still to come resets it, and the
    caller may lose the answer.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    if len(length) < _MOST_DIGITS and length.isdecimal() and int(length) <= LONGEST_TAKEN:
        environ["wsgi.input"].read(int(length))


def _busy(detail: str) -> OverloadedError:
    return OverloadedError(detail, headers={headers.RETRY_AFTER: "1"})


def _closing(start_response: StartResponse) -> StartResponse:
    def closing(status: str, answer_headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*answer_headers, ("Connection", "close")], *rest)

    return closing


def _age(started: str | None) -> float:
    """Return the seconds since the gateway took a request; 0 when it does not say.

    The header is `t=<unix seconds>` or the number alone, as nginx' $msec is.
    """
    began = _number((started or "").removeprefix("t="))
    age = 0.0 if began is None else time.time() - began
    return age if 0 < age < _LONGEST_AGE else 0.0


def _seconds(deadline_ms: str | None) -> float:
    milliseconds = _number(deadline_ms or "")
    return _NEVER if milliseconds is None else milliseconds / 1000


def _number(text: str) -> float | None:
    if len(text) > _MOST_DIGITS or not text.replace(".", "", 1).isdecimal():
        return None
    return float(text)
