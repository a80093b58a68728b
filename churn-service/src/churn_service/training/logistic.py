"""Penalised logistic regression: one minimum, found by Newton's method, proven."""

import warnings
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve  # type: ignore[import-untyped]  # ships no types
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types
from sklearn.linear_model import LogisticRegression

from churn_service.training.dataset import Labels, Weights
from churn_service.training.errors import FitError

GRADIENT_LIMIT = 1e-8
_ENOUGH = 1e-11
_MOST_STEPS = 100
_MOST_HALVINGS = 40
_NEAR_ZERO = 1e-6

Floats = NDArray[np.float64]
Signs = NDArray[np.int64]


class Design(Protocol):
    """A matrix of features, dense or not, as the solver needs it."""

    def times(self, coefficients: Floats) -> Floats:
        """Return the sum of each row's features by their coefficients."""
        ...

    def totals(self, numbers: Floats) -> Floats:
        """Return the sum of each feature over the rows, times a number per row."""
        ...

    def products(self, weights: Floats) -> Floats:
        """Return the weighted products of all features with each other."""
        ...


@dataclass(frozen=True, eq=False)
class Dense:
    """A design that is a plain matrix."""

    matrix: Floats

    def times(self, coefficients: Floats) -> Floats:
        """Return the sum of each row's features by their coefficients."""
        found: Floats = self.matrix @ coefficients
        return found

    def totals(self, numbers: Floats) -> Floats:
        """Return the sum of each feature over the rows, times a number per row."""
        found: Floats = self.matrix.T @ numbers
        return found

    def products(self, weights: Floats) -> Floats:
        """Return the weighted products of all features with each other."""
        found: Floats = (self.matrix * weights[:, None]).T @ self.matrix
        return found


@dataclass(frozen=True, eq=False)
class Problem:
    """What is minimised: weighted log loss + sum of penalty x weight^2 / 2.

    Attributes:
        design: The features.
        churned: 1 for those who left.
        weights: How many customers each row stands for.
        penalty: Per feature; C of the books is one over it.
        signs: Per feature 1 or -1 where its weight must have that sign, else 0.
    """

    design: Design
    churned: Labels
    weights: Weights
    penalty: Floats
    signs: Signs

    def logits(self, point: Floats) -> Floats:
        """Return the scores at a point: the weights, and the intercept at the end."""
        found: Floats = self.design.times(point[:-1]) + point[-1]
        return found

    def loss(self, point: Floats) -> float:
        """Return the penalised loss at a point."""
        logits = self.logits(point)
        losses = np.logaddexp(0.0, logits) - self.churned * logits
        return float(self.weights @ losses + self.penalty @ point[:-1] ** 2 / 2)

    def gradient(self, point: Floats) -> Floats:
        """Return the slope of the loss at a point."""
        residuals = self.weights * (expit(self.logits(point)) - self.churned)
        weights = self.design.totals(residuals) + self.penalty * point[:-1]
        return np.append(weights, residuals.sum())

    def curvature(self, point: Floats) -> Floats:
        """Return the second derivatives of the loss at a point."""
        chances = expit(self.logits(point))
        spread = self.weights * chances * (1 - chances)
        found = np.empty((len(point), len(point)))
        found[:-1, :-1] = self.design.products(spread) + np.diag(self.penalty)
        found[-1, :-1] = found[:-1, -1] = self.design.totals(spread)
        found[-1, -1] = spread.sum()
        return found

    def is_held(self, point: Floats, gradient: Floats, near: float = 0.0) -> NDArray[np.bool_]:
        """Return which weights a sign keeps at zero, though the loss pulls beyond."""
        signs = np.append(self.signs, 0)
        held: NDArray[np.bool_] = (signs != 0) & (signs * point <= near) & (signs * gradient > 0)
        return held

    def allowed(self, point: Floats) -> Floats:
        """Return the nearest point whose weights have their signs."""
        signs = np.append(self.signs, 0)
        return np.where(signs * point < 0, 0.0, point)


@dataclass(frozen=True, eq=False)
class Logistic:
    """A fitted regression.

    `gradient` is max|gradient| / n of the penalised log loss, over the weights
    that no sign holds at zero: nought at the one minimum there is, since the
    loss is strictly convex.
    """

    coefficients: Floats
    intercept: float
    gradient: float
    iterations: int


def fit_logistic(problem: Problem, start: Floats | None = None) -> Logistic:
    """Minimise by projected Newton steps (Bertsekas, 1982) from a point or zero."""
    point = np.zeros(len(problem.penalty) + 1) if start is None else problem.allowed(start)
    step = 0
    for step in range(_MOST_STEPS):  # noqa: B007 - told after the loop
        gradient = problem.gradient(point)
        if _largest(problem, point, gradient) <= _ENOUGH:
            break
        moved = _stepped(problem, point, gradient)
        if moved is point:  # no step helps any more; the gradient is the judge
            break
        point = moved
    return _found(problem, point, step)


def fit_unsigned(matrix: Floats, churned: Labels, weights: Weights | None, c: float) -> Logistic:
    """Minimise on a plain matrix without signs, by scikit-learn's own Newton steps."""
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-9, max_iter=100)
    with warnings.catch_warnings():
        # a line search that finds no better point warns; the gradient is the judge
        warnings.simplefilter("ignore")
        model.fit(matrix, churned, sample_weight=weights)
    width = matrix.shape[1]
    problem = Problem(
        Dense(matrix),
        churned,
        np.ones(len(churned)) if weights is None else weights,
        np.full(width, 1 / c),
        np.zeros(width, dtype=np.int64),
    )
    point = np.append(model.coef_[0], model.intercept_[0])
    return _found(problem, point, int(model.n_iter_[0]))


def check_convergence(model: Logistic, limit: float = GRADIENT_LIMIT) -> None:
    """Refuse a fit that is not at the minimum.

    Raises:
        FitError: When the gradient is above the limit.
    """
    if not model.gradient <= limit:
        raise FitError(
            f"the fit did not converge: max|gradient|/n is {model.gradient:.1e}, "
            f"above {limit:.0e}; look for columns with extreme values"
        )


def _stepped(problem: Problem, point: Floats, gradient: Floats) -> Floats:
    curvature = problem.curvature(point)
    held = problem.is_held(point, gradient, _NEAR_ZERO)
    step = -gradient / curvature.diagonal()
    free = np.flatnonzero(~held)
    factor = cho_factor(curvature[np.ix_(free, free)], check_finite=False)
    step[free] = -cho_solve(factor, gradient[free], check_finite=False)
    loss = problem.loss(point)
    slack = 1e-13 * abs(loss)  # of the sum itself: close to the minimum all losses look alike
    for halvings in range(_MOST_HALVINGS):
        tried = problem.allowed(point + step / 2**halvings)
        if problem.loss(tried) <= loss + 1e-4 * float(gradient @ (tried - point)) + slack:
            return tried
    return point


def _found(problem: Problem, point: Floats, iterations: int) -> Logistic:
    gradient = problem.gradient(point)
    largest = _largest(problem, point, gradient)
    return Logistic(point[:-1], float(point[-1]), largest, iterations)


def _largest(problem: Problem, point: Floats, gradient: Floats) -> float:
    pulling = gradient[~problem.is_held(point, gradient)]
    return float(np.abs(pulling).max()) / len(problem.churned)
