"""Windows of served customers: counted while serving, closed by count and by time.

Counts live in the memory of one process. A restart, and another champion, starts an empty
window; windows that were closed before are forgotten with the process.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from churn_contract.prediction import Prediction
from churn_contract.validation import Customer
from churn_service.artefact.reference import Reference
from churn_service.monitoring.counts import BinCounter, ServedCounts

WEEK_SECONDS = 7 * 24 * 3600.0
# Champion and challenger at most, and the ones before and after a swap.
_MOST_VERSIONS = 4
_MANY = 64


@dataclass(frozen=True)
class WindowRule:
    """A window closes at so many customers, but never sooner than after so long.

    The time keeps the number of windows in a week bounded, and with it the
    number of false alarms, however busy the service is.
    """

    rows: int
    seconds: float

    @property
    def windows_per_week(self) -> float:
        """Return the most windows that can close in a week."""
        return WEEK_SECONDS / self.seconds


@dataclass(frozen=True)
class Windows:
    """Counts of one version: of the window so far, the last closed one, and in all."""

    reference: Reference
    running: ServedCounts
    running_seconds: float
    closed: ServedCounts | None
    closed_total: int
    total: ServedCounts


class _State:
    def __init__(self, counter: BinCounter, now: float) -> None:
        self.counter = counter
        self.opened = now
        self.running = counter.empty()
        self.before = counter.empty()
        self.closed: ServedCounts | None = None
        self.closed_total = 0


class DriftMonitor:
    """Counts served customers per model version; safe to call from any thread."""

    def __init__(self, rule: WindowRule, clock: Callable[[], float]) -> None:
        self.rule = rule
        self._clock = clock
        self._states: dict[str, _State] = {}
        self._lock = threading.Lock()

    def served(
        self,
        model_version: str,
        reference: Reference | None,
        customers: Sequence[Customer],
        predictions: Sequence[Prediction],
    ) -> None:
        """Count the customers of one answer; without a reference there is nothing to do.

        Many customers are counted outside the lock and then added in one go.
        """
        if reference is None:
            return
        state = self._state(model_version, reference)
        if len(customers) > _MANY:
            found = state.counter.empty()
            state.counter.add(found, customers, predictions)
            with self._lock:
                state.running.add(found)
                self._close_when_due(state)
            return
        with self._lock:
            state.counter.add(state.running, customers, predictions)
            self._close_when_due(state)

    def windows(self, model_version: str, reference: Reference) -> Windows:
        """Return a copy of the counts of a version; empty ones before the first customer."""
        state = self._state(model_version, reference)
        with self._lock:
            running, total = state.counter.empty(), state.counter.empty()
            running.add(state.running)
            total.add(state.running)
            total.add(state.before)
            return Windows(
                reference=reference,
                running=running,
                running_seconds=self._clock() - state.opened,
                closed=state.closed,  # never changed once closed
                closed_total=state.closed_total,
                total=total,
            )

    def _state(self, model_version: str, reference: Reference) -> _State:
        with self._lock:
            state = self._states.get(model_version)
            if state is None:
                state = _State(BinCounter(model_version, reference), self._clock())
                self._states[model_version] = state
                self._forget_oldest()
            return state

    def _forget_oldest(self) -> None:
        while len(self._states) > _MOST_VERSIONS:
            del self._states[next(iter(self._states))]

    def _close_when_due(self, state: _State) -> None:
        now = self._clock()
        if state.running.rows < self.rule.rows or now - state.opened < self.rule.seconds:
            return
        state.before.add(state.running)
        state.closed, state.running = state.running, state.counter.empty()
        state.closed_total += 1
        state.opened = now
