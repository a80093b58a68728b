"""Fit the scorecard: choose C by inner log loss, fit, prove convergence."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types
from sklearn.compose import ColumnTransformer
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from churn_contract.schema import CustomerSchema
from churn_service.training.dataset import Labels, Matrix, Rows, Weights
from churn_service.training.features import KNOTS, build_features, feature_signs
from churn_service.training.logistic import (
    GRADIENT_LIMIT,
    Dense,
    Logistic,
    Problem,
    check_convergence,
    fit_logistic,
    fit_unsigned,
)

C_CHOICES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
INNER_FOLDS = 3
SEED = 42

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tuning:
    """The C with the lowest inner log loss, and the loss of every choice."""

    best_c: float
    losses: dict[float, float]


@dataclass(frozen=True)
class Fit:
    """The fitted training pipeline: features and the weights that add them up."""

    features: ColumnTransformer
    model: Logistic

    def logits(self, matrix: Matrix) -> Floats:
        """Return the raw score of each row."""
        found: Floats = self.features.transform(matrix) @ self.model.coefficients
        return found + self.model.intercept

    def probabilities(self, matrix: Matrix) -> Floats:
        """Return the churn probability of each row."""
        found: Floats = expit(self.logits(matrix))
        return found


def fit_scorecard(
    matrix: Matrix,
    churned: Labels,
    schema: CustomerSchema,
    c: float,
    weights: Weights | None = None,
    *,
    knots: int = KNOTS,
    monotonic: Mapping[str, int] | None = None,
) -> Fit:
    """Fit features and weights on these rows, to proven convergence.

    `weights` says how many customers each row stands for; None means one each.
    Numbers in `monotonic` (1 or -1 by name) get curves that never turn back.

    Raises:
        FitError: When the gradient is above 1e-8.
    """
    features = build_features(schema, knots, monotonic)
    learned = features.fit_transform(matrix)
    model = _fitted(features, learned, churned, c, weights)
    check_convergence(model, GRADIENT_LIMIT)
    return Fit(features, model)


def tune(
    matrix: Matrix,
    churned: Labels,
    schema: CustomerSchema,
    weights: Weights | None = None,
    *,
    knots: int = KNOTS,
    monotonic: Mapping[str, int] | None = None,
) -> Tuning:
    """Choose C by the mean log loss of three inner folds.

    Knots and scales are those of the inner training folds, never of the rows
    that are judged. Of equal losses the stronger penalty wins.
    """
    folds = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=SEED)
    given = np.ones(len(churned)) if weights is None else weights
    losses = [
        _fold_losses(matrix, churned, given, build_features(schema, knots, monotonic), fold)
        for fold in folds.split(matrix, churned)
    ]
    means = dict(zip(C_CHOICES, np.mean(losses, axis=0).tolist(), strict=True))
    return Tuning(min(C_CHOICES, key=means.__getitem__), means)


def _fold_losses(
    matrix: Matrix,
    churned: Labels,
    weights: Weights,
    transformer: ColumnTransformer,
    fold: tuple[Rows, Rows],
) -> list[float]:
    inner, held = fold
    learned = transformer.fit_transform(matrix[inner])
    judged = transformer.transform(matrix[held])
    losses = []
    for c in C_CHOICES:
        model = _fitted(transformer, learned, churned[inner], c, weights[inner])
        chances = expit(judged @ model.coefficients + model.intercept)
        losses.append(float(log_loss(churned[held], chances, sample_weight=weights[held])))
    return losses


def _fitted(
    transformer: ColumnTransformer,
    learned: Floats,
    churned: Labels,
    c: float,
    weights: Weights | None,
) -> Logistic:
    width = learned.shape[1]
    signs = feature_signs(transformer, width)
    if not signs.any():
        return fit_unsigned(learned, churned, weights, c)
    given = np.ones(len(churned)) if weights is None else weights
    return fit_logistic(Problem(Dense(learned), churned, given, np.full(width, 1 / c), signs))
