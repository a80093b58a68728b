"""Server: granian with one worker process, N blocking threads and a drain on SIGTERM."""

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from service_kit.logs import EventLog

# Counts idle keep-alive connections too, so it stays far above what a gateway keeps open.
BACKPRESSURE = 4096
LONGEST_REQUEST_SECONDS = 25  # of a request in hand when the server stops
DRAIN_SIGNAL = signal.SIGUSR1
_HIGHEST_PORT = 65535


class CannotListenError(SystemExit):
    """The address is taken or not ours; the process says so in one line and ends with 1.

    A SystemExit, because a server that cannot listen has nothing else to do: every
    command that serves prints the line without knowing of it.
    """

    def __init__(self, reason: str) -> None:
        """Take the line that is printed."""
        super().__init__(reason)


def bind_host(*, trust_network: bool) -> str:
    """Tell the address to listen on: loopback, unless the network is trusted."""
    return "0.0.0.0" if trust_network else "127.0.0.1"  # noqa: S104 - a decision of the operator


def check_address(host: str, port: int) -> None:
    """Listen for a moment, so that a fault is found before a worker starts.

    Raises:
        CannotListenError: The port is taken, or the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < _HIGHEST_PORT else port - 1
            raise CannotListenError(f"port {port} is taken; choose another: PORT={other}") from None
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListenError(f"{host}:{port} cannot be listened on: {reason}") from None


class DrainingGranian(MPServer):
    """Granian that serves on for a while after SIGTERM, while its worker says so.

    The worker learns of it by SIGUSR1 (see `when_draining`): it is then no longer ready
    and closes connections after their answers, so that callers move to other replicas
    before this one stops listening. SIGINT, a second SIGTERM, or no time to drain: stop.
    """

    drain_seconds = 0.0

    def signal_handler_interrupt(self, *args: object, **kwargs: object) -> None:
        """Begin to drain, or to stop; a request in hand is finished in both cases."""
        stop = super().signal_handler_interrupt
        if args[:1] != (signal.SIGTERM,) or not self.drain_seconds:
            stop(*args, **kwargs)  # type: ignore[no-untyped-call]  # granian's
            return
        for worker in self.wrks:
            os.kill(worker._id(), DRAIN_SIGNAL)  # type: ignore[no-untyped-call]  # noqa: SLF001 - granian's
        timer = threading.Timer(self.drain_seconds, stop)
        timer.daemon = True
        timer.start()
        self.drain_seconds = 0.0


def when_draining(drain: Callable[[], None]) -> None:
    """Call a function when the process is told to drain; for the main thread of a worker."""
    signal.signal(DRAIN_SIGNAL, lambda _number, _frame: drain())


def serve(
    target: str,
    *,
    host: str,
    port: int,
    threads: int,
    log: EventLog | None = None,
    drain_seconds: float = 0.0,
) -> None:
    """Serve a WSGI factory until SIGTERM or SIGINT; requests in hand are finished first.

    Args:
        target: `module:factory`; the worker process calls the factory once.
        host: Address to listen on.
        port: TCP port to listen on.
        threads: Requests worked on at the same time; more wait in the server.
        log: Told the address as the event `service.started`, when given.
        drain_seconds: How long to serve on after SIGTERM.

    Raises:
        CannotListenError: The port is taken, or the address cannot be listened on.
    """
    check_address(host, port)
    if log:
        log.event("service.started", host=host, port=port)
    # a worker that has not yet said what draining means must not die of the word
    signal.signal(DRAIN_SIGNAL, signal.SIG_IGN)
    server = DrainingGranian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=threads,
        backpressure=BACKPRESSURE,
        websockets=False,
        # its lines are plain text; only errors may stand between the JSON lines
        log_level=LogLevels.error,
        workers_kill_timeout=LONGEST_REQUEST_SECONDS,
    )
    server.drain_seconds = drain_seconds
    server.serve()
