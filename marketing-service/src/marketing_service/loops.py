"""A loop in a thread of its own that survives failures and ends when asked."""

import threading
from collections.abc import Callable
from typing import Final

from service_kit.logs import EventLog

TROUBLE_SECONDS: Final = 1.0
LONGEST_END_SECONDS: Final = 20.0


class Loop:
    """Call a step again and again, with the pauses it asks for.

    Args:
        name: Shown in health and events.
        step: Does a piece of work; returns the seconds to wait before the next.
        stopping: Ends the loop after the step in hand.
        log: Where events go.
    """

    def __init__(
        self, name: str, step: Callable[[], float], stopping: threading.Event, log: EventLog
    ) -> None:
        self.name = name
        self._step = step
        self._stopping = stopping
        self._log = log
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the step in hand; one that hangs dies with the process."""
        self._thread.join(LONGEST_END_SECONDS)

    def check(self) -> str | None:
        """Tell for the health route whether the loop runs."""
        return None if self._thread.is_alive() else f"the loop {self.name} does not run"

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._step()
            except Exception as error:  # noqa: BLE001 - the next step may work again
                self._log.failure("loop.failed", error, loop=self.name)
                pause = TROUBLE_SECONDS
            if pause > 0:
                self._stopping.wait(pause)
