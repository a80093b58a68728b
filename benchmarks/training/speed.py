"""How long training takes, and how much memory, as the command that people type."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.training.row import Row
from benchmarks.training.telco import CONFIG, telco_csv

SECONDS_GOAL = 180.0
GIB_GOAL = 6.0
MILLION = 1_000_000
SPLINE = '\n[model]\nfamilies = ["spline"]\n'


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield Telco end to end; `full` adds a million generated customers."""
    table = telco_csv()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if table is not None:
            (folder / "telco.toml").write_bytes(CONFIG)
            seconds, gib = train(table, folder / "telco.toml", folder / "models")
            yield from _rows("Telco, all families, nested CV, report", seconds, gib)
        if full:
            _run(_tool("marketing"), "sample-data", "--output", name, "--customers", str(MILLION))
            config = folder / "train.toml"
            config.write_text(config.read_text() + SPLINE)
            seconds, gib = train(folder / "train.csv", config, folder / "models")
            yield from _rows("a million rows x 20 columns, one family", seconds, gib)


def train(data: Path, config: Path, root: Path) -> tuple[float, float]:
    """Run `churn train`; return its seconds and its largest memory in GiB."""
    command = [_tool("churn"), "train", "--data", str(data), "--config", str(config)]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "--model-root", str(root)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - start, usage.ru_maxrss / 2**20


def _rows(name: str, seconds: float, gib: float) -> Iterator[Row]:
    goal = f"<= {SECONDS_GOAL:g} s"
    yield Row(f"churn train, {name}", seconds, "s", goal, met=seconds <= SECONDS_GOAL)
    yield Row(
        f"memory of churn train, {name}", gib, "GiB", f"<= {GIB_GOAL:g} GiB", met=gib <= GIB_GOAL
    )


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
