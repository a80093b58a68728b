"""Deadlines: nobody waits any more, so the work is dropped."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from service_kit.problems import ServiceError

_NEVER = float("inf")
_ENDS: ContextVar[float] = ContextVar("service_kit.deadline", default=_NEVER)


class DeadlinePassedError(ServiceError):
    """The caller's X-Request-Deadline-Ms is over."""

    status, type, title = 504, "deadline-passed", "The caller's deadline has passed"


@contextmanager
def ends_at(moment: float) -> Iterator[None]:
    """Bind a deadline, in seconds of `time.monotonic`, for one block."""
    token = _ENDS.set(moment)
    try:
        yield
    finally:
        _ENDS.reset(token)


def check_deadline() -> None:
    """Raise DeadlinePassedError when the request at hand has a deadline that is over.

    Long work calls it between its parts.
    """
    ends = _ENDS.get()
    if ends is not _NEVER and time.monotonic() > ends:
        raise DeadlinePassedError("The work was stopped; nobody waits for its answer.")
