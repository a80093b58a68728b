"""A big file as a bulk job: memory of all processes meanwhile, rows a second.

The upload is made up while it is sent: the customers of one table again and again, each
time under other ids, so that nothing but the cells of a column repeats itself.
"""

import contextlib
import http.client
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from benchmarks.serving.model import World, make_world
from benchmarks.serving.ours import start_ours
from benchmarks.serving.process import Server, processes

_QUICK_BYTES, _FULL_BYTES = 200 * 10**6, 10 * 10**9
_MOST_MEGABYTES = 300.0
_PAUSE_SECONDS = 0.1
_CHUNK_BYTES = 1 << 20
_CHUNKS_BETWEEN_LOOKS = 50


@dataclass
class Peaks:
    """The most memory that was seen, in bytes that no other process shares."""

    job: int = 0
    server: int = 0

    def look(self, server: Server) -> None:
        """Look at the processes of a server; the one of a job is told by its command."""
        found = {pid: _private_bytes(pid) for pid in processes(server.pid)}
        jobs = {pid for pid in found if _is_job(pid)}
        self.job = max(self.job, sum(found[pid] for pid in jobs))
        self.server = max(self.server, sum(found[pid] for pid in found.keys() - jobs))


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield memory and speed of one uploaded file."""
    size = _FULL_BYTES if full else _QUICK_BYTES
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        world = make_world(folder / "world")
        server = start_ours(world, folder / "server", CHURN_JOBS_FOLDER=str(folder / "jobs"))
        stack.callback(server.stop)
        peaks = Peaks()
        job = _scored(server, Upload(world, size), peaks)
    what = f"a job of {size / 1e9:g} GB of CSV"
    yield _memory(f"{what}: memory of its process", peaks.job)
    yield _memory(f"{what}: memory of the server meanwhile", peaks.server)
    seconds = _seconds(job)
    yield Row(f"{what}: rows a second, wall clock", job["rows"] / seconds, "rows/s")
    yield Row(f"{what}: bytes a second, wall clock", size / seconds / 1e6, "MB/s")


class Upload:
    """A body of a known length that is made up while it is sent.

    Args:
        world: Whose customers it has.
        size: About how many bytes; whole tables are sent.
    """

    def __init__(self, world: World, size: int) -> None:
        header, *customers = world.table.read_bytes().splitlines()
        self._header = _without_outcome(header)
        self._lines = b"\n" + b"\n".join(map(_without_outcome, customers))
        table = len(self._lines.replace(b"\n", _mark(0)))
        tables = max(size // table, 1)
        self._marks = map(_mark, range(tables))
        self.customers = tables * len(customers)
        self.length = len(self._header) + tables * table + 1

    def chunks(self) -> Iterator[bytes]:
        """Yield the body; a mark before each id tells the repetitions apart."""
        yield self._header
        for mark in self._marks:
            yield self._lines.replace(b"\n", mark)
        yield b"\n"


def _without_outcome(line: bytes) -> bytes:
    return line.rpartition(b",")[0]


def _mark(number: int) -> bytes:
    return b"\n%08x-" % number


def _scored(server: Server, upload: Upload, peaks: Peaks) -> dict[str, Any]:
    """Send a file, wait for its end and read the result; return the job."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    headers = {"Content-Type": "text/csv", "Content-Length": str(upload.length)}
    connection.request("POST", "/jobs", _watched(upload.chunks(), server, peaks), headers)
    job = _answer(connection)
    place = f"/jobs/{job['id']}"
    while job["state"] in {"queued", "running"}:
        time.sleep(_PAUSE_SECONDS)
        peaks.look(server)
        connection.request("GET", place)
        job = _answer(connection)
    connection.request("GET", f"{place}/result")
    lines = _lines(connection.getresponse())
    if (job["state"], job["rows"], lines) != ("done", upload.customers, upload.customers + 1):
        raise RuntimeError(f"{job}, a result of {lines} lines, {upload.customers} customers sent")
    return job


def _watched(chunks: Iterator[bytes], server: Server, peaks: Peaks) -> Iterator[bytes]:
    for number, chunk in enumerate(chunks):
        if number % _CHUNKS_BETWEEN_LOOKS == 0:
            peaks.look(server)
        yield chunk


def _answer(connection: http.client.HTTPConnection) -> dict[str, Any]:
    response = connection.getresponse()
    content = response.read()
    if response.status not in {200, 202}:
        raise RuntimeError(f"{response.status}: {content[:500]!r}")
    found: dict[str, Any] = json.loads(content)
    return found


def _lines(response: http.client.HTTPResponse) -> int:
    return sum(chunk.count(b"\n") for chunk in iter(lambda: response.read(_CHUNK_BYTES), b""))


def _memory(what: str, found: int) -> Row:
    megabytes = found / 1e6
    goal = f"<= {_MOST_MEGABYTES:g} MB"
    return Row(what, megabytes, "MB", goal, met=0 < megabytes <= _MOST_MEGABYTES)


def _seconds(job: dict[str, Any]) -> float:
    began, ended = (datetime.fromisoformat(job[name]) for name in ("started", "ended"))
    return (ended - began).total_seconds()


def _is_job(pid: int) -> bool:
    try:
        return b"churn_service.jobs" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _private_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
