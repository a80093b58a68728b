"""Score in ONNX Runtime."""

from collections.abc import Sequence

import numpy as np
import onnxruntime

from benchmarks.serving.runtimes.task import Task, run


def score(task: Task) -> Sequence[float]:
    """Run the exported graph over one column of cells per field."""
    inputs = {}
    for field in task.features:
        column = task.column(field)
        if field.kind == "number":
            cells = np.array([np.nan if value is None else value for value in column], np.float64)
        else:
            cells = np.array([value or "" for value in column], dtype=object)
        inputs[field.name] = cells.reshape(-1, 1)
    session = onnxruntime.InferenceSession(task.written("onnx"))
    chances: Sequence[float] = session.run(None, inputs)[0][:, 0]
    return chances


if __name__ == "__main__":
    run(score)
