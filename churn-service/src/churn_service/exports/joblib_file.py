"""joblib: the estimator of the pickle, in the file that joblib writes."""

from pathlib import Path

import joblib  # type: ignore[import-untyped]  # ships no types

from churn_service.exports.exported import Exported
from churn_service.exports.pickled import PROTOCOL, estimator_of


def write(model: Exported, target: Path) -> None:
    """Write the estimator with joblib, uncompressed."""
    joblib.dump(estimator_of(model), target, protocol=PROTOCOL)
