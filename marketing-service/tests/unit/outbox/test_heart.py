import io
import threading
from typing import Any

from marketing_service.errors import StoreBusyError
from marketing_service.outbox.heart import Heart
from service_kit.logs import EventLog


class FakeMembership:
    """Beats until told to fail, and tells when it was asked often enough."""

    def __init__(self, failures: int = 0) -> None:
        self.beats = 0
        self.failures = failures
        self.done = threading.Event()

    def beat(self) -> bool:
        self.beats += 1
        if self.beats >= 3:
            self.done.set()
        if self.beats <= self.failures:
            raise StoreBusyError
        return True


def heart(membership: Any, log: io.StringIO) -> Heart:
    return Heart(membership, EventLog("worker", "0", log), interval_seconds=0.001)


def test_a_heart_beats_until_it_is_stopped() -> None:
    membership = FakeMembership()
    beating = heart(membership, io.StringIO())
    beating.start()
    assert membership.done.wait(5)
    beating.stop()
    assert not any(thread.name == "heart" for thread in threading.enumerate())


def test_a_beat_that_fails_is_logged_and_the_next_one_tried() -> None:
    membership, log = FakeMembership(failures=2), io.StringIO()
    beating = heart(membership, log)
    beating.start()
    assert membership.done.wait(5)
    beating.stop()
    assert log.getvalue().count("worker.heartbeat_failed") == 2


def test_a_heart_that_never_started_stops_at_once() -> None:
    heart(FakeMembership(), io.StringIO()).stop()
