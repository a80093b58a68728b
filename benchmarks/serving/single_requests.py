"""One prediction over HTTP: CPU time of ours, of a no-op on our server, and of rivals."""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.row import Row, skipped
from benchmarks.serving.client import Connection, Request, WrongAnswerError
from benchmarks.serving.cost import Asked, cpu_seconds_per_request
from benchmarks.serving.model import World, make_world
from benchmarks.serving.ours import start_noop, start_ours
from benchmarks.serving.process import NotStartedError, Server
from benchmarks.serving.rivals.all import RIVALS
from benchmarks.serving.rivals.rival import Rival

OURS, FLASK, NOOP = "ours", "ours, by Flask", "no-op"
_LEAST_OF_NOOP = 0.80
_LEAST_OF_FLASK = 2.0
_TIMES = {True: 10_000, False: 3_000}
_READY_SECONDS = 60.0


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the cost of one prediction, and the ratio to the no-op and to each rival."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        world = make_world(folder / "world")
        body = world.bodies()[0]
        asked, missing = _started(world, body, folder, stack, _TIMES[full])
        cost = cpu_seconds_per_request(asked)
    yield Row("one prediction over HTTP, CPU of all processes", cost[OURS] * 1e6, "us")
    yield from _against_noop(cost)
    yield _against_flask(cost)
    for rival in RIVALS:
        if rival.name in cost:
            yield _against(rival, cost)
    yield from missing


def _started(
    world: World, body: bytes, folder: Path, stack: contextlib.ExitStack, times: int
) -> tuple[dict[str, Asked], list[Row]]:
    ours = start_ours(world, folder / "ours")
    stack.callback(ours.stop)
    noop = start_noop(folder / "noop")
    stack.callback(noop.stop)
    request = Request("/predict", body)
    # a body that names its version is left to the Flask view
    by_flask = Request("/predict?model_version=champion", body)
    asked = {
        OURS: Asked(ours, request, times),
        FLASK: Asked(ours, by_flask, times // 5),
        NOOP: Asked(noop, request, times),
    }
    missing = []
    for rival in RIVALS:
        try:
            server = rival.start(world, folder / str(len(asked)))
            stack.callback(server.stop)
            _wait_for_an_answer(server, rival.request(body))
        except (OSError, subprocess.SubprocessError, NotStartedError, WrongAnswerError) as error:
            missing.append(skipped(rival.name, f"{type(error).__name__}: {str(error)[-200:]!r}"))
        else:
            asked[rival.name] = Asked(server, rival.request(body), times // 10)
    return asked, missing


def _wait_for_an_answer(server: Server, request: Request) -> None:
    """Wait until a server that listens can also answer; its last error when it never does."""
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            connection = Connection(server.port)
            connection.send(request)
            connection.close()
        except (OSError, WrongAnswerError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _against_noop(cost: dict[str, float]) -> Iterator[Row]:
    share = cost[NOOP] / cost[OURS]
    yield Row(
        "validated predict, share of a no-op's throughput on the same server",
        share,
        goal=f">= {_LEAST_OF_NOOP}",
        met=share >= _LEAST_OF_NOOP,
        rival=cost[NOOP] * 1e6,
        ratio=share,
    )


def _against_flask(cost: dict[str, float]) -> Row:
    ratio = cost[FLASK] / cost[OURS]
    return Row(
        "CPU of our Flask view over the path before it",
        ratio,
        "x",
        f">= {_LEAST_OF_FLASK:g} x",
        met=ratio >= _LEAST_OF_FLASK,
        rival=cost[FLASK] * 1e6,
        ratio=ratio,
    )


def _against(rival: Rival, cost: dict[str, float]) -> Row:
    ratio = cost[rival.name] / cost[OURS]
    same = "our scorer" if rival.same_scorer else "its own model"
    return Row(
        f"CPU of {rival.name}, {same}, over ours",
        ratio,
        "x",
        "" if rival.goal is None else f">= {rival.goal:g} x",
        met=None if rival.goal is None else ratio >= rival.goal,
        rival=cost[rival.name] * 1e6,
        ratio=ratio,
    )
