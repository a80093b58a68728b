"""The watch over the served model: its windows, judged; for JSON, page and metrics."""

import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from churn_service.artefact.document import ModelDocument
from churn_service.artefact.reference import Reference
from churn_service.monitoring.counts import ServedCounts
from churn_service.monitoring.drift import PROMISE, DriftReport, judge, single_tail
from churn_service.monitoring.windows import DriftMonitor, WindowRule, Windows

NO_REFERENCE = (
    "this version was trained before training wrote down what its customers looked like; "
    "train again to have it watched"
)


class Watched(NamedTuple):
    """A version and its document."""

    version: str
    document: ModelDocument


class ModelWatch:
    """Judges what the monitor counted; a closed window is judged once.

    Args:
        rule: When windows close.
        clock: Monotonic seconds.
        promise: The share of weeks without drift that may raise any alarm.
    """

    def __init__(
        self,
        rule: WindowRule,
        clock: Callable[[], float] = time.monotonic,
        promise: float = PROMISE,
    ) -> None:
        self.monitor = DriftMonitor(rule, clock)
        self._promise = promise
        self._judged: tuple[ServedCounts, DriftReport] | None = None

    def windows(self, watched: Watched) -> Windows | None:
        """Return the counts of a version; None when it cannot be watched."""
        reference = watched.document.reference
        return self.monitor.windows(watched.version, reference) if reference else None

    def closed(self, windows: Windows) -> DriftReport | None:
        """Return the report of the last closed window; None before there is one."""
        if windows.closed is None:
            return None
        judged = self._judged
        if judged is None or judged[0] is not windows.closed:
            judged = (windows.closed, self._judge(windows.reference, windows.closed))
            self._judged = judged
        return judged[1]

    def running(self, windows: Windows) -> DriftReport:
        """Return how the open window looks so far: no verdict that the promise covers."""
        return self._judge(windows.reference, windows.running)

    def promise(self, windows: Windows) -> dict[str, float]:
        """Return what the limits rest on: the alarm rate, and what shares it."""
        rule = self.monitor.rule
        return {
            "false_alarms_per_week": self._promise,
            "tests": len(windows.reference.tests),
            "windows_per_week": rule.windows_per_week,
            "window_rows": rule.rows,
            "window_seconds": rule.seconds,
            "tail": single_tail(windows.reference, rule.windows_per_week, self._promise),
        }

    def facts(self, watched: Watched) -> dict[str, object]:
        """Return everything that is known; JSON-ready, with counts that can be added up."""
        windows = self.windows(watched)
        if windows is None:
            return {"model_version": watched.version, "watched": False, "reason": NO_REFERENCE}
        closed = self.closed(windows)
        return {
            "model_version": watched.version,
            "watched": True,
            "promise": self.promise(windows),
            "windows_closed": windows.closed_total,
            "window": closed.facts() if closed else None,
            "so_far": self.running(windows).facts() | {"seconds": windows.running_seconds},
            "counts": msgspec.to_builtins(windows.total),
        }

    def _judge(self, reference: Reference, counts: ServedCounts) -> DriftReport:
        per_week = self.monitor.rule.windows_per_week
        return judge(reference, counts, windows_per_week=per_week, promise=self._promise)
