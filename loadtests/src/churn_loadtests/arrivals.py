"""Open-loop arrivals: due times fixed before the start, never held up by the target.

A closed loop asks again only when it was answered, so it stops asking while the target
hangs and never sees most of the waiting (coordinated omission). Here every arrival has
its moment, and its latency counts from that moment.
"""

import random
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

IN_FLIGHT_ERROR = "in-flight limit reached"
UNANSWERED_ERROR = "no answer before the run ended"

Kind = Literal["constant", "poisson"]


def due_times(rate: float, seconds: float, *, kind: Kind, seed: int) -> tuple[float, ...]:
    """Return when each arrival is due, in seconds after the start, in order.

    Both kinds have `rate * seconds` arrivals, at least one: evenly spaced, or as a
    Poisson process brings them when their number is given.
    """
    count = max(1, round(rate * seconds))
    if kind == "constant":
        return tuple(index / rate for index in range(count))
    source = random.Random(seed)  # noqa: S311  # load, not secrets
    return tuple(sorted(source.random() * seconds for _ in range(count)))


class Sample(NamedTuple):
    """What became of one arrival.

    Attributes:
        lag: Seconds from the due moment until it was started.
        sending: Seconds from sending to the answer; None when nothing was sent.
        scheduled: Seconds from the due moment to the answer; None likewise.
        error: Why it failed; None when it was answered well.
    """

    lag: float
    sending: float | None
    scheduled: float | None
    error: str | None


class OpenLoop:
    """Start each arrival when it is due, whatever became of the earlier ones."""

    def __init__(
        self,
        *,
        send: Callable[[], str | None],
        record: Callable[[Sample], None],
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        spawn: Callable[[Callable[[float], None], float], object],
        in_flight_limit: int,
    ) -> None:
        self._send = send
        self._record = record
        self._clock = clock
        self._sleep = sleep
        self._spawn = spawn
        self._limit = in_flight_limit
        self._in_flight = 0

    def run(self, due: Sequence[float]) -> None:
        """Start every arrival; one at the in-flight limit fails at once, it never waits."""
        start = self._clock()
        for offset in due:
            moment = start + offset
            self._sleep(max(0.0, moment - self._clock()))  # 0 lets the others run
            if self._in_flight >= self._limit:
                self._record(Sample(self._clock() - moment, None, None, IN_FLIGHT_ERROR))
                continue
            self._in_flight += 1
            self._spawn(self._arrive, moment)

    def drain(self, seconds: float) -> None:
        """Wait for the answers still on their way; those that never come count as failed."""
        deadline = self._clock() + seconds
        while self._in_flight and self._clock() < deadline:
            self._sleep(0.01)
        for _ in range(self._in_flight):
            self._record(Sample(0.0, seconds, seconds, UNANSWERED_ERROR))

    def _arrive(self, moment: float) -> None:
        begin = self._clock()
        error = self._send()
        end = self._clock()
        self._in_flight -= 1
        self._record(Sample(begin - moment, end - begin, end - moment, error))
