"""Every block of the training tutorial runs, and the report is where the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.console import ROOT

PAGE = ROOT / "docs/tutorial/train-on-your-own-table.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(kind: str, text: str, folder: Path) -> str:
    """Do what a reader does with a block: run it, or save it."""
    if kind == "toml":
        (folder / "train.toml").write_text(text)
        return ""
    command = [sys.executable, "-c", text] if kind == "python" else ["sh", "-ec", text]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_tutorial_ends_with_a_report_and_predictions(tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text())

    outputs = [run(kind, text, tmp_path) for kind, text in blocks]

    assert [kind for kind, _ in blocks] == ["python", "toml", "sh", "sh", "sh"]
    assert "findings: 0 error" in outputs[2]
    assert "it is the champion" in outputs[3]
    (report,) = (tmp_path / "models/gym").glob("*/report.html")
    page = report.read_text()
    assert "Churn along Months" in page
    assert "Age: " in page
    assert len(outputs[4].splitlines()) == 3001
