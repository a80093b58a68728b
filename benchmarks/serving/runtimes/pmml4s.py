"""Score in PMML4S (Apache-2.0), which needs Java."""

from collections.abc import Sequence

from pypmml import Model

from benchmarks.serving.runtimes.task import Task, run


def score(task: Task) -> Sequence[float]:
    """Ask the engine for one customer after another."""
    model = Model.load(str(task.written("pmml")))
    try:
        return [model.predict(customer)["churn_probability"] for customer in task.customers()]
    finally:
        Model.close()


if __name__ == "__main__":
    run(score)
