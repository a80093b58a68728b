"""pickle: a scikit-learn estimator for notebooks, in one file."""

import pickle
from pathlib import Path

from churn_service.artefact.document import encode_document
from churn_service.exports.estimator import ChurnEstimator
from churn_service.exports.exported import Exported

PROTOCOL = 4  # the newest that Python 3.7 reads, and fixed: the bytes must not change with Python


def write(model: Exported, target: Path) -> None:
    """Write the estimator with pickle."""
    target.write_bytes(pickle.dumps(estimator_of(model), protocol=PROTOCOL))


def estimator_of(model: Exported) -> ChurnEstimator:
    """Return the model as an estimator."""
    return ChurnEstimator(encode_document(model.document).decode())
