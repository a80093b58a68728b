"""Readers of Arrow streams: size, import, speed, and what a flipped bit does to them."""

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.row import Row, skipped
from benchmarks.serving.environment import installed

_PROBE = Path(__file__).with_name("arrow_probe.py")
_PACKAGES = {
    "pyarrow": ("pyarrow==26.0.1",),
    "arro3": ("arro3-core==0.9.1", "arro3-io==0.9.1"),
    "nanoarrow": ("nanoarrow==0.9.0",),
}
_LARGE, _SMALL, _LEVEL_COLUMNS, _NUMBERS = 100_000, 40, 16, 3
_RUNS, _FLIPS = 20, 200  # processes, and flips in each
_KB = 1024


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the figures of our reader; with `full` those of the libraries as well."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large, small = folder / "large.arrows", folder / "small.arrows"
        large.write_bytes(_stream(_LARGE))
        small.write_bytes(_stream(_SMALL))
        yield from _figures("ours", Path(sys.executable), large, small)
        for reader, packages in _PACKAGES.items() if full else ():
            try:
                python = installed(f"arrow-{reader}", (*packages, "numpy"))
            except (OSError, subprocess.SubprocessError) as error:
                yield skipped(f"Arrow reader {reader}", type(error).__name__)
                continue
            yield Row(f"Arrow reader {reader}, installed", _megabytes(python, reader), "MB")
            yield from _figures(reader, python, large, small)


def _figures(reader: str, python: Path, large: Path, small: Path) -> Iterator[Row]:
    found = _probe(python, reader, large)
    what = f"Arrow reader {reader}"
    if found is None:
        yield skipped(what, "it cannot read the stream")
        return
    yield Row(f"{what}, import, CPU", found["import_seconds"] * 1e3, "ms")
    yield Row(f"{what}, import, memory", found["import_kb"] / _KB, "MB")
    yield Row(f"{what}, 100,000 rows of 19 columns, validated", found["seconds"] * 1e3, "ms")
    ended = [_probe(python, reader, small, seed) for seed in range(_RUNS)]
    died = sum(each is None or each["escaped"] > 0 for each in ended)
    goal = {"goal": "0", "met": died == 0} if reader == "ours" else {}
    what = f"{what}, processes of {_RUNS} that {_FLIPS} flipped bits ended"
    yield Row(what, float(died), **goal)


def _probe(python: Path, reader: str, file: Path, seed: int | None = None) -> Any:
    flips = () if seed is None else (str(seed), str(_FLIPS))
    command = [str(python), str(_PROBE), reader, str(file), *flips]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    return json.loads(done.stdout) if done.returncode == 0 else None


def _megabytes(python: Path, reader: str) -> float:
    packages = next((python.parents[1] / "lib").glob("python*")) / "site-packages"
    files = (file for file in (packages / reader).rglob("*") if file.is_file())
    return sum(file.stat().st_size for file in files) / 1e6


def _stream(count: int) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - only this part needs it

    dice = np.random.default_rng(0)
    columns = {}
    for place in range(_LEVEL_COLUMNS):
        codes = pa.array(dice.integers(0, 4, count).astype(np.int8))
        levels = pa.array([f"level_{level}" for level in range(4)])
        columns[f"level {place}"] = pa.DictionaryArray.from_arrays(codes, levels)
    for place in range(_NUMBERS):
        columns[f"number {place}"] = pa.array(dice.normal(size=count))
    table = pa.table(columns)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
