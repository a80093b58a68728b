"""A million customers of twenty columns: read, checked and trained, in time and memory."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.row import Row
from churn_service.training.config import parse_config
from churn_service.training.errors import TrainingError
from churn_service.training.reading import build_dataset
from churn_service.training.table import read_table
from churn_service.training.trainer import train_model

MILLION = 1_000_000
CONFIG = b'[data]\ntarget = "left"\npositive = "yes"\nid = "id"\n[model]\nfamilies = ["spline"]\n'
MOST_SECONDS, MOST_GIB = 180.0, 6.0
_NUMBERS, _LEVELS = 11, 7


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the figures of a million rows, of fifty thousand without `full`."""
    count = MILLION if full else 50_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        write_customers(path, count)
        # a process of its own: the peak of memory is that of this work alone
        for step in ("read", "train") if full else ("read",):
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.training.tables", step, str(path)],
                check=True,
                capture_output=True,
                text=True,
            )
            seconds, gib = map(float, done.stdout.split())
            yield from _figures(f"{step} {count:,} rows x 20 columns", seconds, gib, full=full)


def write_customers(path: Path, count: int) -> None:
    """Write customers whose risk depends on two numbers and a level."""
    random = np.random.default_rng(1)
    numbers = [random.gamma(2, 20, count).round(2) for _ in range(_NUMBERS - 1)]
    numbers.append(random.poisson(9, count).astype(np.float64))
    levels = [random.choice(["a", "b", "c", "d"], count) for _ in range(_LEVELS)]
    towns = random.choice([f"town {place}" for place in range(40)], count)
    logit = -1.2 + 0.02 * (numbers[0] - 40) - 0.1 * (numbers[-1] - 9) + 0.8 * (levels[0] == "a")
    left = np.where(random.random(count) < 1 / (1 + np.exp(-logit)), "yes", "no")
    columns = [column.astype(str).tolist() for column in (*numbers, *levels, towns, left)]
    names = [f"n{place}" for place in range(_NUMBERS)] + [f"c{place}" for place in range(_LEVELS)]
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["id", *names, "town", "left"]) + "\n")
        cells = zip(*columns, strict=True)
        file.writelines(f"K{place},{','.join(row)}\n" for place, row in enumerate(cells))


def _figures(name: str, seconds: float, gib: float, *, full: bool) -> Iterator[Row]:
    if not full:
        yield Row(f"{name}: time", seconds, "s")
        yield Row(f"{name}: memory", gib, "GiB")
        return
    yield Row(f"{name}: time", seconds, "s", f"<= {MOST_SECONDS:g}", seconds <= MOST_SECONDS)
    yield Row(f"{name}: memory", gib, "GiB", f"<= {MOST_GIB:g}", gib <= MOST_GIB)


def main(step: str, path: Path) -> None:
    """Do one step and print its seconds and the peak of memory in GiB."""
    start = time.perf_counter()
    table, config = read_table(path), parse_config(CONFIG)
    try:
        if step == "train":
            train_model(table, config, "bench")
        else:
            build_dataset(table, config, "bench")
    except TrainingError as error:
        sys.exit(str(error))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sys.stdout.write(f"{seconds:.1f} {peak:.2f}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
