import io
import threading
import time
from collections.abc import Callable

from marketing_service.loops import Loop
from service_kit.logs import EventLog


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def test_a_loop_steps_until_it_is_stopped() -> None:
    stopping, steps = threading.Event(), []

    def step() -> float:
        steps.append(1)
        return 0.001 if len(steps) % 2 else 0.0

    loop = Loop("jobs", step, stopping, EventLog("test", "0", io.StringIO()))
    assert loop.check() == "the loop jobs does not run"
    loop.start()
    wait_until(lambda: len(steps) > 3)
    assert loop.check() is None
    stopping.set()
    loop.join()
    assert loop.check() is not None


def test_a_step_that_fails_does_not_end_the_loop() -> None:
    stopping, stream = threading.Event(), io.StringIO()

    def step() -> float:
        raise ValueError("secret")

    loop = Loop("sender", step, stopping, EventLog("test", "0", stream))
    loop.start()
    wait_until(lambda: "loop.failed" in stream.getvalue())
    assert loop.check() is None
    stopping.set()
    loop.join()
    assert "secret" not in stream.getvalue()
