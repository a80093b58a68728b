"""CPU time per request, of several servers side by side in one run."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.serving.client import Connection, Request
from benchmarks.serving.process import Server

ROUNDS = 5
_WARM_UP = 50


@dataclass(frozen=True)
class Asked:
    """A server and what it is asked, again and again.

    Attributes:
        server: The server.
        request: The request.
        times: How often it is sent in each round.
        at_once: On how many connections; the server is never without work then.
    """

    server: Server
    request: Request
    times: int
    at_once: int = 8


def cpu_seconds_per_request(asked: Mapping[str, Asked], rounds: int = ROUNDS) -> dict[str, float]:
    """Return each server's CPU seconds per request, the median of the rounds.

    The servers take turns within each round, so that all meet the same machine. The
    CPU time is that of the whole process tree; the client's does not count.
    """
    for item in asked.values():
        _cost(item, min(_WARM_UP, item.times))
    found: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, item in asked.items():
            found[name].append(_cost(item, item.times))
    return {name: statistics.median(costs) for name, costs in found.items()}


def _cost(item: Asked, times: int) -> float:
    # anew in each round: rivals close connections that idle for seconds
    connections = [Connection(item.server.port) for _ in range(min(item.at_once, times))]
    wire = item.request.wire(item.server.port)
    before = item.server.cpu_seconds()
    for _ in range(times // len(connections)):
        for connection in connections:
            connection.begin(wire)
        for connection in connections:
            connection.answer()
    used = item.server.cpu_seconds() - before
    for connection in connections:
        connection.close()
    return used / (times // len(connections) * len(connections))
