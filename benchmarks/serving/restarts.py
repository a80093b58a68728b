"""Rolling restarts of one of two replicas under load: how many requests are lost."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.row import Row
from benchmarks.serving.client import Request
from benchmarks.serving.model import make_world
from benchmarks.serving.process import free_port

PER_SECOND = 300
DRAIN_SECONDS = 0.5
_RESTARTS = {True: 100, False: 6}
_READY_SECONDS = 30.0
_CODE = "import os; from churn_service.app import run; run(os.environ)"
_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Replica:
    """One serving process, restarted on the same port again and again."""

    def __init__(self, root: Path, log: Path, drain_seconds: float = DRAIN_SECONDS) -> None:
        self.port = free_port()
        self._log = log
        self._environ = {
            "CHURN_MODEL_ROOT": str(root),
            "CHURN_THREADS": "4",
            "CHURN_DRAIN_SECONDS": str(drain_seconds),
            "PORT": str(self.port),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns when it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CODE], stdout=log, env={**os.environ, **self._environ}
            )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError(self._log.read_text()[-1000:])
            time.sleep(0.02)

    def stop(self) -> int:
        """Send SIGTERM and return how it ended."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=60)

    def _is_ready(self) -> bool:
        try:
            address = f"http://127.0.0.1:{self.port}/health/ready"
            with urllib.request.urlopen(address, timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class RetryingProxy:
    """What the gateway does: connections kept, and the other replica when one gives no answer.

    A replica that refuses a connection, or closes one before it answered, gets no
    request for a moment; scoring twice does no harm, so the request goes to the other.
    """

    def __init__(self, ports: tuple[int, int], request: Request) -> None:
        self._ports = ports
        self._wires = {port: request.wire(port) for port in ports}
        self._idle: dict[int, list[_Connection]] = {port: [] for port in ports}
        self._sent = 0
        self.retried = 0
        self.lost: list[str] = []
        self.answered = 0

    async def ask(self) -> None:
        """Send one request to the replica whose turn it is, else to the other."""
        self._sent += 1
        turn = self._sent % 2
        said = []
        for port in (self._ports[turn], self._ports[1 - turn]):
            try:
                async with asyncio.timeout(10):
                    status = await self._exchange(port)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                said.append(type(error).__name__)
                self.retried += 1
                continue
            if status == 200:
                self.answered += 1
                return
            said.append(str(status))
        self.lost.append(" then ".join(said))

    async def close(self) -> None:
        """Close all connections."""
        for _, writer in [each for idle in self._idle.values() for each in idle]:
            await _close(writer)

    async def _exchange(self, port: int) -> int:
        reader, writer = await self._connection(port)
        try:
            writer.write(self._wires[port])
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r")[0]
            await reader.readexactly(int(length))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _close(writer)
            raise
        if b"connection: close" in head:
            await _close(writer)
        else:
            self._idle[port].append((reader, writer))
        return int(head.split(b" ", 2)[1])

    async def _connection(self, port: int) -> _Connection:
        while self._idle[port]:
            reader, writer = self._idle[port].pop()
            if not (reader.at_eof() or writer.is_closing()):
                return reader, writer
            await _close(writer)
        return await asyncio.open_connection("127.0.0.1", port)


async def restart_under_load(
    replicas: tuple[Replica, Replica], request: Request, restarts: int
) -> tuple[RetryingProxy, list[int]]:
    """Restart the first replica again and again while requests flow to both.

    Returns the proxy, and how the process ended each time.
    """
    proxy = RetryingProxy((replicas[0].port, replicas[1].port), request)
    ends: list[int] = []
    work = asyncio.create_task(asyncio.to_thread(_restart, replicas[0], restarts, ends))
    started = time.perf_counter()
    asked: list[asyncio.Task[None]] = []
    while not work.done():
        due = started + len(asked) / PER_SECOND
        await asyncio.sleep(max(0.001, due - time.perf_counter()))
        asked.append(asyncio.create_task(proxy.ask()))
    await asyncio.gather(work, *asked)
    await proxy.close()
    return proxy, ends


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _restart(replica: Replica, times: int, ends: list[int]) -> None:
    for _ in range(times):
        ends.append(replica.stop())
        replica.start()


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield how many requests were lost in rolling restarts, and how the processes ended."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = make_world(folder / "world")
        replicas = (Replica(world.root, folder / "a.log"), Replica(world.root, folder / "b.log"))
        try:
            for replica in replicas:
                replica.start()
            request = Request("/predict", world.bodies()[0])
            work = restart_under_load(replicas, request, _RESTARTS[full])
            proxy, ends = asyncio.run(work)
        finally:
            for replica in replicas:
                replica.stop()
    yield from _rows(proxy, ends)


def _rows(proxy: RetryingProxy, ends: list[int]) -> Iterator[Row]:
    asked = proxy.answered + len(proxy.lost)
    what = f"lost in {len(ends)} rolling restarts, {asked:,} requests at {PER_SECOND}/s"
    yield Row(what, len(proxy.lost), goal="0", met=not proxy.lost)
    yield Row("sent again to the other replica", proxy.retried)
    bad = sum(code != 0 for code in ends)
    yield Row("processes that did not end with 0", bad, goal="0", met=not bad)
