"""Choose, on rows the models had not learned from, how logits are calibrated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from churn_contract.schema import CustomerSchema
from churn_service.artefact.calibration import (
    Calibration,
    IdentityCalibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.artefact.document import Scorer
from churn_service.training.dataset import Labels, Matrix, Weights
from churn_service.training.families.family import Facts, FamilyFit, Floats
from churn_service.training.metrics import calibration_slope

SEED = 42
BINS = 10
SLOPES = (0.9, 1.1)
SIMULATIONS = 200
NOISE_QUANTILE = 0.95
ISOTONIC_POSITIVES = 1000
FOLDS = 5


@dataclass(frozen=True)
class OutOfFold:
    """Logits of customers from models that had not learned from them."""

    logits: Floats
    churned: Labels
    weights: Weights


@dataclass(frozen=True)
class CalibrationCheck:
    """How far raw probabilities are off, and the noise that is to be expected.

    Attributes:
        slope: Calibration slope; one is right.
        error: Mean gap between promised and found churn rate of ten bins.
        noise: The gap that right probabilities stay under 95 times of 100.
    """

    slope: float
    error: float
    noise: float

    @property
    def passed(self) -> bool:
        """Whether the probabilities may be served as they are."""
        return SLOPES[0] <= self.slope <= SLOPES[1] and self.error <= self.noise


@dataclass(frozen=True)
class CalibratedFit:
    """A fitted model together with its calibration."""

    fit: FamilyFit
    calibration: Calibration

    def logits(self, matrix: Matrix) -> Floats:
        """Return the raw score of each row."""
        return self.fit.logits(matrix)

    def probabilities(self, matrix: Matrix) -> Floats:
        """Return the calibrated churn probability of each row."""
        return calibrated(self.calibration, self.fit.logits(matrix))

    def compile(self, schema: CustomerSchema, matrix: Matrix) -> Scorer:
        """Return the tables that score as the fit does."""
        return self.fit.compile(schema, matrix)

    def facts(self) -> Facts:
        """Return sizes and proofs of the fit."""
        return self.fit.facts()


def check_calibration(found: OutOfFold) -> CalibrationCheck:
    """Measure slope and binned error, and simulate the error of right ones."""
    chances = expit(found.logits)
    order = np.argsort(chances, kind="stable")
    sorted_chances, weights = chances[order], found.weights[order]
    random = np.random.default_rng(SEED)
    simulated = [
        _binned_error(random.random(len(order)) < sorted_chances, sorted_chances, weights)
        for _ in range(SIMULATIONS)
    ]
    return CalibrationCheck(
        slope=calibration_slope(found.churned, chances, found.weights),
        error=_binned_error(found.churned[order], sorted_chances, weights),
        noise=float(np.quantile(simulated, NOISE_QUANTILE)),
    )


def choose_calibration(found: OutOfFold) -> tuple[Calibration, CalibrationCheck]:
    """Return the identity where it passes, else the best by inner log loss.

    Isotonic calibration needs 1,000 customers who left: with fewer its steps
    follow noise. The slope of Platt's never turns the order round.
    """
    check = check_calibration(found)
    if check.passed:
        return IdentityCalibration(), check
    kinds: list[type[Calibration]] = [IdentityCalibration, PlattCalibration]
    if found.churned.sum() >= ISOTONIC_POSITIVES:
        kinds.append(IsotonicCalibration)
    best = min(kinds, key=lambda kind: _inner_loss(kind, found))
    return fitted_calibration(best, found), check


def fitted_calibration(kind: type[Calibration], found: OutOfFold) -> Calibration:
    """Fit a calibration of this kind."""
    if kind is PlattCalibration:
        return _platt(found)
    return _isotonic(found) if kind is IsotonicCalibration else IdentityCalibration()


def calibrated(calibration: Calibration, logits: Floats) -> Floats:
    """Return the probabilities of these logits."""
    if isinstance(calibration, PlattCalibration):
        logits = calibration.intercept + calibration.slope * logits
    if isinstance(calibration, IsotonicCalibration):
        return np.interp(logits, calibration.logits, calibration.probabilities)
    chances: Floats = expit(logits)
    return chances


def _binned_error(churned: Labels | NDArray[np.bool_], chances: Floats, weights: Floats) -> float:
    """Return the mean gap of ten bins with as many customers each, sorted by chance."""
    gaps = weights * (chances - churned)
    total = sum(abs(float(part.sum())) for part in np.array_split(gaps, BINS))
    return total / float(weights.sum())


def _inner_loss(kind: type[Calibration], found: OutOfFold) -> float:
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    chances = np.empty(len(found.logits))
    for learned, held in folds.split(found.logits, found.churned):
        part = OutOfFold(found.logits[learned], found.churned[learned], found.weights[learned])
        chances[held] = calibrated(fitted_calibration(kind, part), found.logits[held])
    return float(log_loss(found.churned, chances, sample_weight=found.weights))


def _platt(found: OutOfFold) -> PlattCalibration | IdentityCalibration:
    model = LogisticRegression(C=1e12, solver="newton-cholesky")
    model.fit(found.logits.reshape(-1, 1), found.churned, sample_weight=found.weights)
    slope = float(model.coef_[0, 0])
    if slope <= 0:
        return IdentityCalibration()
    return PlattCalibration(intercept=float(model.intercept_[0]), slope=slope)


def _isotonic(found: OutOfFold) -> IsotonicCalibration:
    """Fit steps, keep their corners, and stay clear of zero and one."""
    edge = 1 / (2 * len(found.churned))
    model = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    model.fit(found.logits, found.churned, sample_weight=found.weights)
    logits, first = np.unique(model.X_thresholds_, return_index=True)
    chances = np.maximum.accumulate(model.y_thresholds_[first])
    return IsotonicCalibration(logits=tuple(logits.tolist()), probabilities=tuple(chances.tolist()))
