"""Our scorer inside a rival's server: the same checks and the same answer as ours."""

import os
from collections.abc import Callable
from pathlib import Path

from churn_service.artefact.listing import find_version
from churn_service.loading import load_predictor

Record = dict[str, object]


def load() -> Callable[[Record], Record]:
    """Return the function from a customer's JSON value to the answer."""
    root = Path(os.environ["BENCH_MODEL_ROOT"])
    predictor = load_predictor(find_version(root, "churn", "champion"))

    def predict(record: Record) -> Record:
        found = predictor.predict([predictor.validator.check(record)])[0]
        return {
            "churn_probability": found.churn_probability,
            "churn": found.churn,
            "threshold": found.threshold,
            "model_version": found.model_version,
        }

    return predict
