"""Every block of the pages about exports runs, in its order, in a folder of its own."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / "docs/how-to" / f"{page}.md").read_text())


@pytest.fixture
def folder(telco_csv: Path, tmp_path: Path) -> Path:
    lines = telco_csv.read_text().splitlines(keepends=True)
    (tmp_path / "customers.csv").write_text("".join(lines[:201]))
    return tmp_path


@pytest.fixture
def environment(telco_version) -> dict[str, str]:
    root = telco_version.folder.parent.parent
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "CHURN_MODEL_ROOT": str(root)}


def run(language: str, code: str, folder: Path, environment: dict[str, str]) -> str:
    program = ["bash", "-e", "-c"] if language == "bash" else [sys.executable, "-c"]
    done = subprocess.run(
        [*program, code], check=False, capture_output=True, text=True, timeout=120,
        cwd=folder, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_about_exports(folder: Path, environment: dict[str, str]) -> None:
    (commands, first), (python, second) = blocks("export-a-model")
    customer = "import csv\ncustomer = next(csv.DictReader(open('customers.csv')))\n"

    assert "TensorFlow" in run(commands, first, folder, environment)
    assert "True" in run(python, customer + second, folder, environment)
    scored = run("bash", "python churn_model.py < customers.csv", folder, environment)
    assert len(scored.splitlines()) == 201


@pytest.fixture
def database(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    if program := postgres_server.missing_program():
        pytest.skip(f"{program} of PostgreSQL is not installed here")
    with (
        tempfile.TemporaryDirectory(prefix="pg-") as folder,
        postgres_server.running(Path(folder)),
    ):
        yield environment | {"PGHOST": folder, "PGUSER": "tests", "PGDATABASE": "postgres"}


def fill(folder: Path, database: dict[str, str]) -> None:
    """Make the table of customers, all columns texts."""
    names = (folder / "customers.csv").read_text().splitlines()[0].split(",")
    columns = ", ".join(f'"{name}" TEXT' for name in names)
    copy = r"\copy customers FROM customers.csv WITH (FORMAT csv, HEADER)"
    commands = ["--command", f"CREATE TABLE customers ({columns})", "--command", copy]
    subprocess.run(["psql", "--quiet", *commands], check=True, cwd=folder, env=database)


def test_the_page_about_sql(folder: Path, database: dict[str, str]) -> None:
    found = blocks("score-in-sql")
    assert [language for language, _ in found] == ["bash", "python", "bash", "bash"]
    fill(folder, database)

    answers = [run(language, code, folder, database) for language, code in found]

    assert answers[1].count("200") == 2
    assert answers[2].count("200") == 2
    assert 'FROM "crm"."customers"' in (folder / "score.sql").read_text()
