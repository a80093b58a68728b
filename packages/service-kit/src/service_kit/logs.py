"""Logging: one JSON line per fact, with the ids of the request it belongs to.

No customer field, address or secret may be passed as a field; values are the caller's duty.
"""

import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

import msgspec

Level = Literal["debug", "info", "warning", "error"]


class Correlation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The ids that tie log lines of one request together; empty means unknown."""

    request_id: str = ""
    trace_id: str = ""
    key_id: str = ""

    def fields(self) -> dict[str, str]:
        """Return the ids that are known, as log lines tell them."""
        named = (
            ("request_id", self.request_id), ("trace_id", self.trace_id), ("key_id", self.key_id)
        )  # fmt: skip
        return {name: value for name, value in named if value}


_NOBODY = Correlation()
_CURRENT: ContextVar[Correlation] = ContextVar("service_kit.correlation", default=_NOBODY)


def utc_now() -> datetime:
    """Tell the time of day in UTC."""
    return datetime.now(UTC)


def correlation() -> Correlation:
    """Tell the ids of the request at hand, to pass them on or to show them."""
    return _CURRENT.get()


def bind(*, request_id: str = "", trace_id: str = "", key_id: str = "") -> None:
    """Set the ids that every later event of this thread or task carries."""
    _CURRENT.set(Correlation(request_id, trace_id, key_id))


def unbind() -> None:
    """Forget the ids of `bind`."""
    _CURRENT.set(_NOBODY)


@contextmanager
def bound(*, request_id: str = "", trace_id: str = "", key_id: str = "") -> Iterator[None]:
    """Bind the ids for one block, as for one job of a worker."""
    token = _CURRENT.set(Correlation(request_id, trace_id, key_id))
    try:
        yield
    finally:
        _CURRENT.reset(token)


class EventLog:
    """Write events of one process as JSON lines; safe between threads.

    Attributes:
        origin: What every line tells of the process.
    """

    def __init__(
        self,
        service: str,
        version: str,
        stream: IO[str],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.origin = {"service": service, "version": version}
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._encoder = msgspec.json.Encoder(enc_hook=str)

    def event(self, name: str, /, level: Level = "info", **fields: object) -> None:
        """Write one line: time, level, event name, origin, bound ids, own fields."""
        line = {
            "ts": rfc3339(self._clock()),
            "level": level,
            "event": name,
            **self.origin,
            **_CURRENT.get().fields(),
            **fields,
        }
        text = self._encoder.encode(line).decode() + "\n"
        with self._lock:
            self._stream.write(text)
            self._stream.flush()

    def lines(self, lines: Iterable[msgspec.Struct]) -> None:
        """Write events that are whole lines already, all in one go; see `origin`."""
        text = self._encoder.encode_lines(lines).decode()
        with self._lock:
            self._stream.write(text)
            self._stream.flush()

    def failure(self, name: str, error: BaseException, /, **fields: object) -> None:
        """Write an error event: the error's class and places, never its message.

        Messages of errors from libraries often hold the input that caused them.
        """
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{Path(item.filename).name}:{item.lineno} {item.name}" for item in frames]
        kind = type(error).__name__
        self.event(name, level="error", error=kind, places=places[-12:], **fields)


def rfc3339(moment: datetime) -> str:
    """Return a moment as log lines tell it: UTC, milliseconds."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return f"{text.removesuffix('+00:00')}Z"
