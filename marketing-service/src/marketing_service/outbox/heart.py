"""The heart: a thread that proves life while a window waits for a slow mail server."""

import threading

from sqlalchemy.exc import SQLAlchemyError

from marketing_service.errors import StoreBusyError
from marketing_service.outbox.membership import Membership
from service_kit.logs import EventLog


class Heart:
    """Beats at a steady pace between `start` and `stop`."""

    def __init__(
        self, membership: Membership, log: EventLog, *, interval_seconds: float = 1.0
    ) -> None:
        self._membership = membership
        self._log = log
        self._interval_seconds = interval_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until the last beat is over."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_seconds):
            try:
                self._membership.beat()
            except (SQLAlchemyError, StoreBusyError) as error:
                # The next beat may come through; if none does, others take over.
                self._log.failure("worker.heartbeat_failed", error)
