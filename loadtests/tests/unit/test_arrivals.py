import heapq
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_loadtests.arrivals import (
    IN_FLIGHT_ERROR,
    UNANSWERED_ERROR,
    Kind,
    OpenLoop,
    Sample,
    due_times,
)


class FakeTime:
    """A clock that stands still but for sleeping, and runs what was spawned meanwhile.

    Each spawned arrival is answered `latency(moment it was sent)` seconds later.
    """

    def __init__(self, latency: Callable[[float], float], start_delay: float) -> None:
        self.now = 100.0
        self._start_delay = start_delay
        self._latency = latency
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._ends = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while self._events and self._events[0][0] <= until:
            moment, _, event = heapq.heappop(self._events)
            self.now = max(self.now, moment)
            event()
        self.now = max(self.now, until)

    def spawn(self, arrive: Callable[[float], None], moment: float) -> None:
        """Run the arrival when its answer is there; `send` turns the clock back for it."""
        sent = self.now + self._start_delay
        ends = sent + self._latency(sent)

        def answered() -> None:
            self._ends, self.now = self.now, sent
            arrive(moment)

        heapq.heappush(self._events, (ends, next(self._order), answered))

    def send(self) -> str | None:
        self.now = self._ends
        return None


def run(
    due: tuple[float, ...],
    latency: Callable[[float], float],
    *,
    limit: int = 1000,
    start_delay: float = 0.0,
) -> list[Sample]:
    time = FakeTime(latency, start_delay)
    samples: list[Sample] = []
    loop = OpenLoop(
        send=time.send,
        record=samples.append,
        clock=time.clock,
        sleep=time.sleep,
        spawn=time.spawn,
        in_flight_limit=limit,
    )
    loop.run(due)
    loop.drain(5.0)
    return samples


def test_constant_arrivals_are_evenly_spaced() -> None:
    assert due_times(4, 1.5, kind="constant", seed=1) == (0, 0.25, 0.5, 0.75, 1, 1.25)


def test_the_same_seed_gives_the_same_due_times() -> None:
    first, again, other = (due_times(9, 9, kind="poisson", seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


@given(
    st.floats(0.01, 100),
    st.floats(0.01, 20),
    st.sampled_from(["constant", "poisson"]),
    st.integers(),
)
def test_arrivals_are_in_order_inside_the_run_and_as_many_as_asked(
    rate: float, seconds: float, kind: Kind, seed: int
) -> None:
    due = due_times(rate, seconds, kind=kind, seed=seed)
    assert len(due) == max(1, round(rate * seconds))
    assert list(due) == sorted(due)
    assert 0 <= due[0] <= due[-1] <= seconds + 1 / rate


def test_poisson_gaps_vary_as_the_process_does() -> None:
    due = due_times(100, 100, kind="poisson", seed=1)
    gaps = [later - earlier for earlier, later in itertools.pairwise(due)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert mean == pytest.approx(0.01, rel=0.02)
    assert variance == pytest.approx(mean**2, rel=0.1)


def test_every_arrival_is_sent_when_it_is_due() -> None:
    samples = run(due_times(10, 3, kind="poisson", seed=1), lambda _: 0.2)
    assert len(samples) == 30
    assert all(sample.lag == pytest.approx(0, abs=1e-9) for sample in samples)
    assert all(sample.sending == pytest.approx(0.2) for sample in samples)
    assert all(sample.scheduled == pytest.approx(0.2) for sample in samples)
    assert {sample.error for sample in samples} == {None}


def test_arrivals_go_on_while_the_target_hangs_and_their_waiting_counts() -> None:
    thaw = 104.0
    samples = run(due_times(100, 20, kind="constant", seed=1), lambda sent: max(0.001, thaw - sent))
    waits = sorted(sample.scheduled or 0 for sample in samples)
    assert len(waits) == 2000
    assert waits[-1] == pytest.approx(4.0, rel=0.01)
    assert waits[int(0.99 * 2000)] == pytest.approx(4 - 0.01 * 20, rel=0.02)


def test_a_late_start_counts_in_the_scheduled_latency_and_as_lag() -> None:
    samples = run((0.0, 1.0, 2.0), lambda _: 0.2, start_delay=0.3)
    assert [sample.lag for sample in samples] == pytest.approx([0.3] * 3)
    assert [sample.sending for sample in samples] == pytest.approx([0.2] * 3)
    assert [sample.scheduled for sample in samples] == pytest.approx([0.5] * 3)


def test_at_the_in_flight_limit_an_arrival_fails_at_once() -> None:
    samples = run(due_times(10, 1, kind="constant", seed=1), lambda _: 2.0, limit=3)
    refused = [sample for sample in samples if sample.error == IN_FLIGHT_ERROR]
    assert len(samples) == 10
    assert len(refused) == 7
    assert {(sample.sending, sample.scheduled) for sample in refused} == {(None, None)}
    assert all(sample.lag == pytest.approx(0, abs=1e-9) for sample in refused)


def test_what_is_never_answered_counts_as_failed() -> None:
    samples = run((0.0, 0.5), lambda _: 1000.0)
    assert [sample.error for sample in samples] == [UNANSWERED_ERROR] * 2
    assert [sample.scheduled for sample in samples] == [5.0, 5.0]
