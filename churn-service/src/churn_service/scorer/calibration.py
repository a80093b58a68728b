"""From a logit to the calibrated one, and to the ends of its interval."""

import math
from bisect import bisect_right
from collections.abc import Callable

from churn_service.artefact.calibration import (
    Calibration,
    IdentityCalibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.artefact.interval import IntervalTable
from churn_service.scorer.scorecard import sigmoid

Chance = Callable[[float], float]
Interval = tuple[float, float]


def compile_calibration(calibration: Calibration) -> Chance:
    """Return the function from the scorer's logit to the probability."""
    if isinstance(calibration, IdentityCalibration):
        return sigmoid
    if isinstance(calibration, PlattCalibration):
        intercept, slope = calibration.intercept, calibration.slope
        return lambda logit: sigmoid(intercept + slope * logit)
    return _compiled_isotonic(calibration)


def compile_interval(table: IntervalTable) -> Callable[[float], Interval]:
    """Return the function from a probability to the ends of its interval."""

    def interval(probability: float) -> Interval:
        logit = logit_of(probability)
        band = bisect_right(table.edges, logit)
        low, high = sigmoid(logit + table.lower[band]), sigmoid(logit + table.upper[band])
        return min(low, probability), max(high, probability)  # rounding stays outside

    return interval


def logit_of(probability: float) -> float:
    """Return the logit of a probability; 0 and 1 count as the nearest inside."""
    inside = min(max(probability, 1e-15), 1 - 1e-15)
    return math.log(inside / (1 - inside))


def _compiled_isotonic(calibration: IsotonicCalibration) -> Chance:
    logits, chances = calibration.logits, calibration.probabilities

    def chance(logit: float) -> float:
        place = bisect_right(logits, logit)
        if place == 0:
            return chances[0]
        if place == len(logits):
            return chances[-1]
        share = (logit - logits[place - 1]) / (logits[place] - logits[place - 1])
        return chances[place - 1] + share * (chances[place] - chances[place - 1])

    return chance
