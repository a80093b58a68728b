"""Two trainings, each in a process of its own, give the same bytes."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from churn_service.artefact.reader import read_artefact
from churn_service.training.trainer import Registration


def train(
    root: Path, files: Any, threads: str, hash_seed: str, jobs: str = "1"
) -> dict[str, bytes]:
    command = (sys.executable, "-c", "from churn_service.cli import main; main()", "train")
    options = ("--data", files.data, "--config", files.config, "--model-root", root, "--jobs", jobs)
    environ = {
        **os.environ,
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "PYTHONHASHSEED": hash_seed,
    }
    subprocess.run([*command, *options], check=True, env=environ, capture_output=True, timeout=120)
    [folder] = (path.parent for path in root.glob("churn/*/manifest.json"))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, telco_files: Any) -> dict[str, bytes]:
    return train(tmp_path_factory.mktemp("first"), telco_files, threads="1", hash_seed="1")


def test_training_twice_gives_the_same_bytes(
    first: dict[str, bytes], telco_files: Any, tmp_path: Path
) -> None:
    again = train(tmp_path, telco_files, threads="2", hash_seed="2")

    assert again == first
    assert set(first) == {
        "model.json",
        "golden.jsonl",
        "manifest.json",
        "metrics.json",
        "report.html",
        "report.txt",
        "card.md",
    }


def test_training_in_another_way_gives_the_same_bytes(
    first: dict[str, bytes], telco_version: Registration
) -> None:
    assert read_artefact(telco_version.folder).contents["model.json"] == first["model.json"]


def test_cores_and_processes_change_no_byte(gym_files: Any, tmp_path: Path) -> None:
    config, data = tmp_path / "train.toml", tmp_path / "members.csv"
    head = gym_files.config.read_text().split("[model]")[0]
    config.write_text(head + '[model]\nfamilies = ["linear", "spline"]\n')
    data.write_bytes(b"".join(gym_files.data.read_bytes().splitlines(keepends=True)[:600]))
    files = replace(gym_files, data=data, config=config)

    one, two = (
        train(tmp_path / cores, files, threads=cores, hash_seed=cores, jobs=jobs)
        for cores, jobs in (("1", "1"), ("4", "2"))
    )

    assert one == two
    assert b'"paired"' in one["metrics.json"]


@pytest.mark.parametrize("trace", [b"2026-", b"20:", b"/tmp", b"root", b"-0.0,", b"NaN"])
def test_no_time_host_user_or_odd_number_is_written(first: dict[str, bytes], trace: bytes) -> None:
    for file in ("model.json", "golden.jsonl", "metrics.json"):
        assert trace not in first[file]
