"""How long training takes, its memory and its bytes, as the command that people type."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.row import Row, skipped
from benchmarks.training.telco import ABSENT, CONFIG, telco_csv

SECONDS_GOAL = 180.0
GIB_GOAL = 6.0
MILLION = 1_000_000
TWO_FAMILIES = b'\n[model]\nfamilies = ["linear", "spline"]\n'
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Cost:
    """What a training took, all of its processes together."""

    seconds: float
    cpu_seconds: float
    gib: float


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield Telco end to end; `full` adds a million rows and the bytes of all families."""
    table = telco_csv()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if table is None:
            yield skipped("churn train on Telco", ABSENT)
        else:
            yield from _telco(table, folder, full=full)
        if full:
            yield from _million(folder)


def train(data: Path, config: Path, root: Path, jobs: int | None = None) -> Cost:
    """Run `churn train`; `jobs` None leaves it to the command."""
    command = [_tool("churn"), "train", "--data", str(data), "--config", str(config)]
    command += ["--model-root", str(root), *([] if jobs is None else ["--jobs", str(jobs)])]
    start, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    largest = 0
    while process.poll() is None:
        largest = max(largest, sum(map(_resident_bytes, _family(process.pid))))
        time.sleep(_PAUSE_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return Cost(time.perf_counter() - start, used, largest / 2**30)


def _telco(table: Path, folder: Path, *, full: bool) -> Iterator[Row]:
    config = folder / "telco.toml"
    config.write_bytes(CONFIG)
    found = train(table, config, folder / "models")
    yield from _rows("Telco, all families, nested CV, report", found)
    if not full:
        config.write_bytes(CONFIG + TWO_FAMILIES)
    made = [folder / f"jobs-{jobs}" for jobs in (1, 2)]
    for jobs, root in enumerate(made, 1):
        train(table, config, root, jobs)
    different = len(set(_files(made[0])) ^ set(_files(made[1])))
    what = "all families" if full else "two families"
    yield Row(
        f"files that differ between --jobs 1 and 2, Telco, {what}",
        different,
        goal="0",
        met=different == 0,
    )


def _million(folder: Path) -> Iterator[Row]:
    options = ("--output", str(folder), "--customers", "1", "--train-customers", str(MILLION))
    _run(_tool("marketing"), "sample-data", *options)
    found = train(folder / "train.csv", folder / "train.toml", folder / "million")
    yield from _rows("a million rows x 20 columns, one family", found)


def _rows(name: str, found: Cost) -> Iterator[Row]:
    goal = f"<= {SECONDS_GOAL:g} s"
    yield Row(f"churn train, {name}", found.seconds, "s", goal, met=found.seconds <= SECONDS_GOAL)
    yield Row("its CPU seconds, all processes together", found.cpu_seconds, "s")
    yield Row(
        "its memory, all processes together",
        found.gib,
        "GiB",
        f"<= {GIB_GOAL:g} GiB",
        met=found.gib <= GIB_GOAL,
    )


def _files(root: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(root.glob("churn/*/*")):
        yield path.relative_to(root), path.read_bytes()


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all that it started, as far as the system tells (Linux)."""
    yield pid
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:  # it has just ended
        return
    for child in listed.split():
        yield from _family(int(child))


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
