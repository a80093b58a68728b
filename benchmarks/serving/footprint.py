"""What the image adds to its base, how soon a process is ready, and what it holds in memory."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.row import Row, skipped
from benchmarks.serving.client import Connection, Request
from benchmarks.serving.model import World, make_world
from benchmarks.serving.process import Server, free_port, processes

REQUESTS = 10_000
_ROOT = Path(__file__).parents[2]
_OURS = (
    "packages/churn-contract/src/churn_contract",
    "packages/service-kit/src/service_kit",
    "churn-service/src/churn_service",
)
_CODE = "import os; from churn_service.app import run; run(os.environ)"
_STARTS = {True: 9, False: 3}
_MOST_MEGABYTES, _MOST_READY_SECONDS, _MOST_RESIDENT = 60.0, 1.0, 80.0
_READY_SECONDS = 60.0


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield size, time to readiness and memory of the serving process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = make_world(folder / "world")
        try:
            packages = installed(folder / "packages")
        except subprocess.CalledProcessError as error:
            yield skipped("what the image adds to its base", str(error.stderr)[-200:])
            packages = Path()
        else:
            size = megabytes(packages)
            yield _row("what the image adds to its base", size, "MB", _MOST_MEGABYTES)
        starts = [_seconds_to_ready(world, folder, packages) for _ in range(_STARTS[full])]
        ready = statistics.median(starts)
        yield _row("from start to ready", ready, "s", _MOST_READY_SECONDS)
        resident = _resident_after(world, folder, packages)
        what = f"resident after {REQUESTS:,} single requests, all processes"
        yield _row(what, resident, "MB", _MOST_RESIDENT)


def installed(target: Path) -> Path:
    """Install what the image holds into a folder, compiled as in the image.

    Raises:
        CalledProcessError: The packages cannot be had.
    """
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--no-compile", "--require-hashes", "--target", str(target),
        "--requirement", str(_ROOT / "churn-service/requirements.txt"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, text=True)
    for source in _OURS:
        place = target / Path(source).name
        shutil.copytree(_ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
    compiling = [sys.executable, "-m", "compileall", "-q", str(target)]
    subprocess.run(compiling, check=True, capture_output=True, text=True)
    return target


def megabytes(folder: Path) -> float:
    """Return the size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def _start(world: World, folder: Path, packages: Path) -> Server:
    port = free_port()
    environ = {
        "CHURN_MODEL_ROOT": str(world.root),
        "PORT": str(port),
        # nothing of this environment but the interpreter, and nothing is written
        "PYTHONPATH": str(packages) if packages.name else os.environ.get("PYTHONPATH", ""),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Server([sys.executable, "-c", _CODE], port, folder / "server.log", environ)


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            address = f"http://127.0.0.1:{server.port}/health/ready"
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(address)


def _seconds_to_ready(world: World, folder: Path, packages: Path) -> float:
    started = time.perf_counter()
    server = _start(world, folder, packages)
    try:
        _wait_until_ready(server)
        return time.perf_counter() - started
    finally:
        server.stop()


def _resident_after(world: World, folder: Path, packages: Path) -> float:
    server = _start(world, folder, packages)
    try:
        _wait_until_ready(server)
        connection = Connection(server.port)
        connection.send(Request("/predict", world.bodies()[0]), REQUESTS)
        connection.close()
        return sum(map(_proportional_bytes, processes(server.pid))) / 1e6
    finally:
        server.stop()


def _proportional_bytes(pid: int) -> int:
    """Return the memory of a process; what several share counts once in their sum (Linux)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _row(name: str, value: float, unit: str, most: float) -> Row:
    return Row(name, value, unit, f"<= {most:g} {unit}", met=value <= most)
