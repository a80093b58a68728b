"""Hold a whole HTTP attempt to its deadline, even against a dripping peer.

A socket timeout counts per read, so a peer that sends a byte now and then holds
a connection for as long as it likes, in headers and in the body. Here every
connection shows its socket to a watcher, which shuts it down in time.
"""

import contextlib
import heapq
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Guard:
    """The sockets of one attempt and the moment at which they are cut."""

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.expired = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def adopt(self, connected: socket.socket) -> None:
        """Cut this socket, too, when the attempt is over (at once if it is)."""
        with self._lock:
            self._socket = connected
            if self.expired:
                _shut(connected)

    def expire(self) -> None:
        """Cut the attempt's socket; whoever reads from it fails at once."""
        with self._lock:
            self.expired = True
            if self._socket is not None:
                _shut(self._socket)

    def release(self) -> None:
        """Let go of the socket: it may serve the next attempt now."""
        with self._lock:
            self._socket = None


class DeadlineWatch:
    """One thread that cuts the sockets of attempts which are over.

    Args:
        clock: Monotonic seconds; the same clock the attempts are planned with.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Guard]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._local = threading.local()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @contextlib.contextmanager
    def attempt(self, ends_at: float) -> Iterator[Guard]:
        """Watch every socket this thread uses inside the block."""
        guard = Guard(ends_at)
        self._local.guard = guard
        self._enqueue(guard)
        try:
            yield guard
        finally:
            self._local.guard = None
            guard.release()

    def adopt(self, connected: socket.socket | None) -> None:
        """Give a socket to this thread's attempt; nothing without one."""
        guard = getattr(self._local, "guard", None)
        if guard is not None and connected is not None:
            connected.settimeout(max(guard.ends_at - self._clock(), 0.001))
            guard.adopt(connected)

    def close(self) -> None:
        """Stop the watching thread and wait for it."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _enqueue(self, guard: Guard) -> None:
        with self._changed:
            heapq.heappush(self._heap, (guard.ends_at, next(self._order), guard))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="http-deadlines", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._is_closed:
                while self._heap and self._heap[0][0] <= self._clock():
                    heapq.heappop(self._heap)[2].expire()
                self._changed.wait(self._heap[0][0] - self._clock() if self._heap else None)


def watched_session(watch: DeadlineWatch) -> requests.Session:
    """Make a session without environment, redirects or retries of its own.

    Args:
        watch: Gets every socket of the session.
    """
    session = requests.Session()
    # Otherwise ~/.netrc and proxy variables would override our headers and route.
    session.trust_env = False
    adapter = _WatchedAdapter(watch)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _WatchedAdapter(HTTPAdapter):
    """Transport whose connections show their sockets to the watcher."""

    def __init__(self, watch: DeadlineWatch) -> None:
        self._watch = watch
        # One layer retries, and it is not this one.
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Install connection classes that know the watcher."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _watched_pools(self._watch)


def _watched_pools(watch: DeadlineWatch) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        """A connection whose socket the watcher may cut."""

        def connect(self) -> None:
            """Connect, and hand the socket over."""
            super().connect()
            watch.adopt(self.sock)

        def request(self, *args: Any, **kwargs: Any) -> None:
            """Send a request after handing the socket over once more."""
            watch.adopt(self.sock)  # a kept-alive connection does not connect again
            super().request(*args, **kwargs)

    class Secure(HTTPSConnection):
        """The same over TLS."""

        def connect(self) -> None:
            """Connect, and hand the socket over."""
            super().connect()
            watch.adopt(self.sock)

        def request(self, *args: Any, **kwargs: Any) -> None:
            """Send a request after handing the socket over once more."""
            watch.adopt(self.sock)
            super().request(*args, **kwargs)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _shut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
