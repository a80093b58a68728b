"""The command that prints the figures of training, on parts made up here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.parts import Bench
from benchmarks.serving.__main__ import BENCH as SERVING
from benchmarks.training.__main__ import BENCH as TRAINING

from bootstrap.console import ROOT

PART = """
from benchmarks.row import Row

def rows(full):
    yield Row("speed", 2.0, "s", "<= 3 s", True, 4.0, 0.5)
    if full:
        raise ValueError("the disk is full")
"""
START = """
import sys
sys.path.insert(0, {root!r})
import benchmarks.training
benchmarks.training.__path__.append({folder!r})
from benchmarks.training.__main__ import BENCH
sys.exit(BENCH.main(sys.argv[1:]))
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "made_up.py").write_text(PART)
    start = START.format(root=str(ROOT), folder=str(folder))
    command = [sys.executable, "-c", start, "--only", "made_up"]
    command += ["--output", str(folder / "out" / "training.json"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def figures(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder / "out" / "training.json").read_text())
    return found


def test_a_figure_is_a_row_of_the_table_and_of_the_file(tmp_path: Path) -> None:
    done = run(tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].split() == [
        "speed", "2", "s", "4", "0.500", "<=", "3", "s", "met",
    ]  # fmt: skip
    assert figures(tmp_path) == [
        {"name": "speed", "value": 2.0, "unit": "s", "goal": "<= 3 s", "met": True}
    ]


def test_a_part_that_stops_is_told_and_does_not_count_as_met(tmp_path: Path) -> None:
    done = run(tmp_path, "--full")

    assert done.returncode == 1
    assert "made_up stopped: ValueError: the disk is full" in done.stdout
    assert figures(tmp_path)[-1]["met"] is False


def test_a_figure_that_could_not_be_measured_says_why_and_how_to_get_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.training", "--only", "parity"]
    command += ["--output", str(tmp_path / "out" / "training.json")]
    without = {**os.environ, "TELCO_CSV": str(tmp_path / "nowhere.csv")}
    done = subprocess.run(
        command, cwd=ROOT, env=without, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "parity: skipped, the Telco table is not here; TELCO_CSV names it" in done.stdout
    assert [(row["value"], row["met"]) for row in figures(tmp_path)] == [(None, None)]


PAGES = {
    TRAINING: ROOT / "docs/explanation/figures-of-training.md",
    SERVING: ROOT / "docs/explanation/figures-of-serving.md",
}
PARTS = [(bench, part) for bench in PAGES for part in bench.part_names()]


@pytest.mark.parametrize("bench", PAGES, ids=lambda bench: bench.package)
def test_the_list_names_every_part_with_what_it_measures(bench: Bench) -> None:
    command = [sys.executable, "-m", bench.package, "--list"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    listed = [line.split(maxsplit=1) for line in done.stdout.splitlines()]

    assert [name for name, _ in listed] == bench.part_names()
    assert all(words.endswith(".") for _, words in listed)


@pytest.mark.parametrize(("bench", "part"), PARTS, ids=str)
def test_the_page_of_figures_names_every_part(bench: Bench, part: str) -> None:
    assert f"`{part}`" in PAGES[bench].read_text()


@pytest.mark.parametrize(("bench", "part"), PARTS, ids=str)
def test_every_part_of_a_bench_gives_rows(bench: Bench, part: str) -> None:
    path = ROOT / bench.package.replace(".", "/") / f"{part}.py"

    assert "def rows(full: bool)" in path.read_text()
