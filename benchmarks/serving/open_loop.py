"""An open-loop client: requests leave at a fixed pace, whatever the answers do."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Outcome:
    """One request: its status (0: no answer) and the seconds from its due time to its answer."""

    status: int
    seconds: float


class Pool:
    """Connections of one client to one server; as many as are needed at a time."""

    def __init__(self, port: int, wire: bytes) -> None:
        self._port = port
        self._wire = wire
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, due: float) -> Outcome:
        """Send the request once; a connection that was closed meanwhile is replaced."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                status = await self._status()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            status = 0
        return Outcome(status, time.perf_counter() - due)

    def close(self) -> None:
        """Close all connections."""
        for _, writer in self._idle:
            writer.close()

    async def _status(self) -> int:
        while self._idle:
            connection = self._idle.pop()
            if connection[0].at_eof() or connection[1].is_closing():
                connection[1].close()
                continue
            return await self._exchange(connection)
        return await self._exchange(await asyncio.open_connection("127.0.0.1", self._port))

    async def _exchange(self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> int:
        reader, writer = connection
        writer.write(self._wire)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
        await reader.readexactly(length)
        if b"connection: close" in head:
            writer.close()
        else:
            self._idle.append(connection)
        return int(head.split(b" ", 2)[1])


async def open_loop(port: int, wire: bytes, per_second: float, seconds: float) -> list[Outcome]:
    """Send requests at a pace; return their outcomes when all have ended."""
    pool = Pool(port, wire)
    started, sent = time.perf_counter(), []
    for number in range(int(per_second * seconds)):
        due = started + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sent.append(asyncio.ensure_future(pool.ask(due)))
    outcomes = await asyncio.gather(*sent)
    pool.close()
    return list(outcomes)


async def closed_loop(port: int, wire: bytes, at_once: int, seconds: float) -> list[Outcome]:
    """Keep so many requests under way for a time; return their outcomes."""
    pool = Pool(port, wire)
    ends = time.perf_counter() + seconds

    async def caller() -> list[Outcome]:
        found = []
        while time.perf_counter() < ends:
            found.append(await pool.ask(time.perf_counter()))
        return found

    each = await asyncio.gather(*(caller() for _ in range(at_once)))
    pool.close()
    return [outcome for outcomes in each for outcome in outcomes]


def quantile(outcomes: Sequence[Outcome], share: float) -> float:
    """Return the time in seconds that this share of the requests did not exceed."""
    times = sorted(outcome.seconds for outcome in outcomes)
    return times[min(int(share * len(times)), len(times) - 1)] if times else float("nan")
