"""Work put off until a request has its answer: kept in order, bounded, done before the end."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

SECONDS_PUT_OFF = 0.25
MOST_WAITING = 4096


class Deferred(Generic[T]):
    """Items that are worked off many at a time, where one by one would cost more.

    Whoever puts the last item that there is room for works all of them off.

    Args:
        work: Takes the items that have gathered, in their order.
        most: How many may wait.
    """

    def __init__(self, work: Callable[[list[T]], None], most: int = MOST_WAITING) -> None:
        self._work = work
        self._most = most
        self._waiting: deque[T] = deque()
        self._working = threading.Lock()

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._waiting)

    def put(self, item: T) -> None:
        """Put one item off; safe between threads."""
        self._waiting.append(item)
        if len(self._waiting) >= self._most:
            self.work_off()

    def work_off(self) -> None:
        """Do what waits now; returns when it is done."""
        with self._working:
            items = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if items:
                self._work(items)

    def start(self, seconds: float = SECONDS_PUT_OFF) -> None:
        """Work off at a fixed pace, and once more when the process ends.

        The thread outlives the main one for that; interpreters wait for such threads,
        also in processes that run no `atexit` functions.
        """
        threading.Thread(
            target=self._run, args=(threading.main_thread(), seconds), name="deferred"
        ).start()

    def _run(self, main: threading.Thread, seconds: float) -> None:
        while main.is_alive():
            main.join(seconds)
            self.work_off()
