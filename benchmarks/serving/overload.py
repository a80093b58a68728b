"""Three times more than the service can do: what it still does, and how it refuses."""

import asyncio
import gzip
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.row import Row
from benchmarks.serving.client import Request
from benchmarks.serving.model import make_world
from benchmarks.serving.open_loop import Outcome, closed_loop, open_loop, quantile
from benchmarks.serving.ours import start_ours
from benchmarks.serving.process import Server

CUSTOMERS = 2_000  # in one body; compressed, so that the client costs little
OVERLOAD = 3.0
AT_ONCE = 5  # as many as the service works on or lets wait
_SECONDS = {True: 30.0, False: 6.0}
_LEAST_GOODPUT = 0.95
_MOST_P99 = 2.0
_REFUSED_SECONDS = 0.005


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield goodput, times of the accepted and times of the refused at three times the peak."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = make_world(folder / "world")
        records = b",".join((world.bodies() * CUSTOMERS)[:CUSTOMERS])
        body = gzip.compress(b"[" + records + b"]")
        server = start_ours(world, folder / "ours", CHURN_THREADS="16")
        try:
            yield from measured(server, body, _SECONDS[full])
        finally:
            server.stop()


def measured(server: Server, body: bytes, seconds: float) -> Iterator[Row]:
    """Yield the rows for a server, a compressed body and seconds per measurement."""
    request = Request("/predict", body, headers={"Content-Encoding": "gzip"})
    wire = request.wire(server.port)
    asyncio.run(closed_loop(server.port, wire, AT_ONCE, 1.0))
    used = [server.cpu_seconds()]
    peak = asyncio.run(closed_loop(server.port, wire, AT_ONCE, seconds))
    used.append(server.cpu_seconds())
    per_second = len(_with(peak, 200)) / seconds
    over = asyncio.run(open_loop(server.port, wire, OVERLOAD * per_second, seconds))
    used.append(server.cpu_seconds())
    yield from _rows(peak, over, per_second, seconds)
    each = [
        (used[1] - used[0]) / len(_with(peak, 200)),
        (used[2] - used[1]) / len(_with(over, 200)),
    ]
    yield Row(
        "CPU of the service per scored body at three times the peak",
        each[1] * 1e3,
        "ms",
        rival=each[0] * 1e3,
        ratio=each[1] / each[0],
    )


def _rows(
    peak: Sequence[Outcome], over: Sequence[Outcome], per_second: float, seconds: float
) -> Iterator[Row]:
    goodput = len(_with(over, 200)) / seconds / per_second
    yield Row(f"peak, bodies of {CUSTOMERS:,} customers", per_second, "requests/s")
    yield Row(
        "goodput at three times the peak, share of the peak",
        goodput,
        goal=f">= {_LEAST_GOODPUT}",
        met=goodput >= _LEAST_GOODPUT,
    )
    at_peak, accepted = quantile(_with(peak, 200), 0.99), quantile(_with(over, 200), 0.99)
    yield Row(
        "p99 of the accepted at three times the peak",
        accepted * 1e3,
        "ms",
        f"<= {_MOST_P99:g} x",
        met=accepted <= _MOST_P99 * at_peak,
        rival=at_peak * 1e3,
        ratio=accepted / at_peak,
    )
    refused = _with(over, 503)
    yield Row("refused with 503, share", len(refused) / len(over))
    slow = quantile(refused, 0.5)
    yield Row(
        "time to a 503, half of them",
        slow * 1e3,
        "ms",
        f"< {_REFUSED_SECONDS * 1e3:g} ms",
        met=slow < _REFUSED_SECONDS,
    )
    slowest = quantile(refused, 0.99)
    yield Row(
        "time to a 503, 99 of 100",
        slowest * 1e3,
        "ms",
        f"< {_REFUSED_SECONDS * 1e3:g} ms",
        met=slowest < _REFUSED_SECONDS,
    )
    others = sorted({outcome.status for outcome in over} - {200, 503})
    named = f": {', '.join(map(str, others))}" if others else ""
    what = f"answers other than 200 and 503{named}"
    yield Row(what, len(others), goal="0", met=not others)


def _with(outcomes: Sequence[Outcome], status: int) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.status == status]
