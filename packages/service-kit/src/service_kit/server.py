"""Server: granian with one worker process, N blocking threads and a drain on SIGTERM."""

import errno
import os
import socket

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from service_kit.logs import EventLog

# Counts idle keep-alive connections too, so it stays far above what a gateway keeps open.
BACKPRESSURE = 4096
DRAIN_SECONDS = 25
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


def serve(target: str, *, host: str, port: int, threads: int, log: EventLog | None = None) -> None:
    """Serve a WSGI factory until SIGTERM or SIGINT; requests in hand are finished first.

    Args:
        target: `module:factory`; the worker process calls the factory once.
        host: Address to listen on.
        port: TCP port to listen on.
        threads: Requests worked on at the same time; more wait in the server.
        log: Told the address as the event `service.started`, when given.

    Raises:
        CannotListenError: The port is taken, or the address cannot be listened on.
    """
    check_address(host, port)
    if log:
        log.event("service.started", host=host, port=port)
    Granian(
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
        workers_kill_timeout=DRAIN_SECONDS,
    ).serve()
