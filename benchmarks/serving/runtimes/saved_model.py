"""Score in TensorFlow."""

from collections.abc import Sequence

import tensorflow as tf

from benchmarks.serving.runtimes.task import Task, run
from churn_service.exports.identifiers import identifiers


def score(task: Task) -> Sequence[float]:
    """Load the folder and call its signature with one tensor per field."""
    loaded = tf.saved_model.load(str(task.written("tensorflow")))
    inputs = {}
    for name, field in zip(identifiers(task.features), task.features, strict=True):
        column = task.column(field)
        if field.kind == "number":
            numbers = [float("nan") if value is None else value for value in column]
            inputs[name] = tf.constant(numbers, tf.float64)
        else:
            inputs[name] = tf.constant([value or "" for value in column])
    answer = loaded.signatures["serving_default"](**inputs)
    chances: Sequence[float] = answer["churn_probability"].numpy()
    return chances


if __name__ == "__main__":
    run(score)
