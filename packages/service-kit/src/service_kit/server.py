"""Server: granian with one worker process, N blocking threads and a drain on SIGTERM."""

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

# Counts idle keep-alive connections too, so it stays far above what a gateway keeps open.
BACKPRESSURE = 4096
DRAIN_SECONDS = 25


def bind_host(*, trust_network: bool) -> str:
    """Tell the address to listen on: loopback, unless the network is trusted."""
    return "0.0.0.0" if trust_network else "127.0.0.1"  # noqa: S104 - a decision of the operator


def serve(target: str, *, host: str, port: int, threads: int) -> None:
    """Serve a WSGI factory until SIGTERM or SIGINT; requests in hand are finished first.

    Args:
        target: `module:factory`; the worker process calls the factory once.
        host: Address to listen on.
        port: TCP port to listen on.
        threads: Requests worked on at the same time; more wait in the server.
    """
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
