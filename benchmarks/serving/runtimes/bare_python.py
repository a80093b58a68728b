"""Score with the exported module in a Python that sees no package at all."""

import json
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.serving.runtimes.task import Task, run

_PROGRAM = """
import json, sys
from model import predict
print(json.dumps([predict(row)["churn_probability"] for row in json.load(sys.stdin)]))
"""


def score(task: Task) -> Sequence[float]:
    """Let a process without site packages import the module."""
    task.written("python")
    done = subprocess.run(
        [sys.executable, "-S", "-c", _PROGRAM], check=True, capture_output=True, text=True,
        cwd=task.folder, input=json.dumps(task.customers()), env={},
    )  # fmt: skip
    found: list[float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    run(score)
