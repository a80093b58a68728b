"""Windows close by count and by time; counts come from many threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from churn_service.artefact.reference import Reference
from churn_service.monitoring.windows import DriftMonitor, WindowRule

ROW = [("basic", 30.0, 0.2)]


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_window_closes_at_its_count_but_not_before_its_time(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    clock = Clock()
    monitor = DriftMonitor(WindowRule(rows=10, seconds=60), clock)
    monitor.served("v1", reference, *answer(ROW * 50))
    assert monitor.windows("v1", reference).closed is None
    clock.now = 61
    monitor.served("v1", reference, *answer(ROW))
    found = monitor.windows("v1", reference)
    assert found.closed is not None
    assert (found.closed.rows, found.running.rows, found.total.rows) == (51, 0, 51)
    clock.now = 200
    monitor.served("v1", reference, *answer(ROW))
    later = monitor.windows("v1", reference)
    assert (later.closed_total, later.running.rows, later.total.rows) == (1, 1, 52)
    assert later.running_seconds == 139


def test_a_week_holds_so_many_windows() -> None:
    assert WindowRule(rows=1000, seconds=86_400).windows_per_week == 7


def test_a_copy_of_the_counts_does_not_change(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    monitor = DriftMonitor(WindowRule(rows=1000, seconds=1), Clock())
    before = monitor.windows("v1", reference)
    monitor.served("v1", reference, *answer(ROW * 100))
    assert before.total.rows == 0


def test_no_customer_is_lost_between_threads(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    clock = Clock()
    monitor = DriftMonitor(WindowRule(rows=97, seconds=0.5), clock)
    batches = [answer(ROW * size) for size in (1, 3, 100)] * 60

    def send(batch: Any) -> None:
        clock.now += 1
        monitor.served("v1", reference, *batch)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, batches))
    found = monitor.windows("v1", reference)
    assert found.total.rows == 60 * 104
    assert sum(found.total.bins[0]) == 60 * 104
    assert found.closed_total > 10


def test_each_version_is_counted_by_itself_and_old_ones_are_forgotten(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    monitor = DriftMonitor(WindowRule(rows=1000, seconds=1), Clock())
    for version in ("v1", "v2", "v3", "v4"):
        monitor.served(version, reference, *answer(ROW, version))
    assert monitor.windows("v1", reference).total.rows == 1
    monitor.served("v5", reference, *answer(ROW, "v5"))
    assert monitor.windows("v5", reference).total.rows == 1
    assert monitor.windows("v1", reference).total.rows == 0


def test_a_version_without_reference_is_not_counted(answer: Callable[..., Any]) -> None:
    DriftMonitor(WindowRule(rows=1000, seconds=1), Clock()).served("v1", None, *answer(ROW))
