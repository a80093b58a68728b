"""Prove that the tables of a document score as the fitted model does."""

import numpy as np

from churn_service.artefact.document import ModelDocument
from churn_service.artefact.trees import Trees
from churn_service.scorer.calibration import compile_calibration
from churn_service.scorer.compilation import compile_scorer
from churn_service.training.calibration import CalibratedFit
from churn_service.training.dataset import Dataset
from churn_service.training.errors import FitError

PARITY_LIMIT = 1e-12


def check_parity(dataset: Dataset, fit: CalibratedFit, document: ModelDocument) -> float:
    """Return the largest difference of probability over all rows.

    Raises:
        FitError: When a probability differs by more than 1e-12, or the score
            of trees by as much as one bit.
    """
    score, chance = compile_scorer(document), compile_calibration(document.calibration)
    logits = np.array([score(customer.values) for customer in dataset.customers])
    matrix = dataset.matrix()
    if isinstance(document.scorer, Trees) and not np.array_equal(logits, fit.logits(matrix)):
        raise FitError(
            "the tables of the trees and the training library differ; this release "
            "knows the trees of the scikit-learn versions in its requirements"
        )
    chances = np.array([chance(logit) for logit in logits.tolist()])
    difference = float(np.abs(chances - fit.probabilities(matrix)).max())
    if difference > PARITY_LIMIT:
        raise FitError(
            f"tables and pipeline differ by {difference:.1e}; a column has very large "
            "numbers close together: subtract a constant from it, or ignore it"
        )
    return difference
