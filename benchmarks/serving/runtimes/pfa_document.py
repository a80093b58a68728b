"""Score in the small engine of the tests: those of others no longer run."""

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.serving.runtimes.task import Task, run

sys.path.insert(0, str(Path(__file__).parents[3] / "churn-service/tests/exports"))


def score(task: Task) -> Sequence[float]:
    """Hand the engine one record after another."""
    from pfa_interpreter import Engine  # noqa: PLC0415 - found by the path above

    engine = Engine(task.written("pfa"))
    records = zip(*map(task.column, task.features), strict=True)
    return [engine.score(list(record))["churn_probability"] for record in records]


if __name__ == "__main__":
    run(score)
