"""Fit the scorecard: choose C by inner log loss, fit, prove convergence."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from churn_contract.schema import CustomerSchema
from churn_service.training.dataset import Labels, Matrix, Rows, Weights
from churn_service.training.errors import FitError
from churn_service.training.features import KNOTS, build_features

C_CHOICES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
INNER_FOLDS = 3
SEED = 42
GRADIENT_LIMIT = 1e-8

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tuning:
    """The C with the lowest inner log loss, and the loss of every choice."""

    best_c: float
    losses: dict[float, float]


@dataclass(frozen=True)
class Fit:
    """The fitted training pipeline, features and model, with its proof.

    `gradient` is max|gradient of the penalised log loss| / n: zero at the one
    minimum there is, since the loss is strictly convex.
    """

    features: ColumnTransformer
    model: LogisticRegression
    gradient: float
    iterations: int

    def logits(self, matrix: Matrix) -> Floats:
        """Return the raw score of each row."""
        found: Floats = self.model.decision_function(self.features.transform(matrix))
        return found

    def probabilities(self, matrix: Matrix) -> Floats:
        """Return the churn probability of each row."""
        found: Floats = self.model.predict_proba(self.features.transform(matrix))[:, 1]
        return found


def fit_scorecard(
    matrix: Matrix,
    churned: Labels,
    schema: CustomerSchema,
    c: float,
    weights: Weights | None = None,
    *,
    knots: int = KNOTS,
) -> Fit:
    """Fit features and weights on these rows, to proven convergence.

    `weights` says how many customers each row stands for; None means one each.

    Raises:
        FitError: When the gradient is above 1e-8.
    """
    features = build_features(schema, knots)
    learned = features.fit_transform(matrix)
    model = _fitted(learned, churned, c, weights)
    gradient = gradient_norm(model, learned, churned, weights)
    if not gradient <= GRADIENT_LIMIT:
        raise FitError(
            f"the fit did not converge: max|gradient|/n is {gradient:.1e}, "
            f"above {GRADIENT_LIMIT:.0e}; look for columns with extreme values"
        )
    return Fit(features, model, gradient, int(model.n_iter_[0]))


def tune(
    matrix: Matrix,
    churned: Labels,
    schema: CustomerSchema,
    weights: Weights | None = None,
    *,
    knots: int = KNOTS,
) -> Tuning:
    """Choose C by the mean log loss of three inner folds.

    Knots and scales are those of the inner training folds, never of the rows
    that are judged. Of equal losses the stronger penalty wins.
    """
    folds = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=SEED)
    given = np.ones(len(churned)) if weights is None else weights
    losses = [
        _fold_losses(matrix, churned, given, build_features(schema, knots), fold)
        for fold in folds.split(matrix, churned)
    ]
    means = dict(zip(C_CHOICES, np.mean(losses, axis=0).tolist(), strict=True))
    return Tuning(min(C_CHOICES, key=means.__getitem__), means)


def gradient_norm(
    model: LogisticRegression, features: Floats, churned: Labels, weights: Weights | None = None
) -> float:
    """Return max|gradient| / n of the penalised log loss at a fitted model."""
    coefficients = model.coef_[0]
    residuals = model.predict_proba(features)[:, 1] - churned
    if weights is not None:
        residuals = residuals * weights
    gradient = features.T @ residuals + coefficients / model.C
    largest = max(np.abs(gradient).max(), abs(residuals.sum()))
    return float(largest / len(churned))


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
        model = _fitted(learned, churned[inner], c, weights[inner])
        chances = model.predict_proba(judged)[:, 1]
        losses.append(float(log_loss(churned[held], chances, sample_weight=weights[held])))
    return losses


def _fitted(
    features: Floats, churned: Labels, c: float, weights: Weights | None = None
) -> LogisticRegression:
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-9, max_iter=100)
    with warnings.catch_warnings():
        # a line search that finds no better point warns; the gradient is the judge
        warnings.simplefilter("ignore")
        return model.fit(features, churned, sample_weight=weights)
