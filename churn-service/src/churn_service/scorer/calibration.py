"""From a logit to the calibrated one, and to the ends of its interval."""

import math
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

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
_HUGE = 700.0  # exp() of more than 709 overflows; of less than -745 it is nothing


def compile_calibration(calibration: Calibration) -> Chance:
    """Return the function from the scorer's logit to the probability."""
    if isinstance(calibration, IdentityCalibration):
        return sigmoid
    if isinstance(calibration, PlattCalibration):
        intercept, slope = calibration.intercept, calibration.slope
        return lambda logit: sigmoid(intercept + slope * logit)
    return _compiled_isotonic(calibration)


class IntervalFactors(NamedTuple):
    """A table of intervals as factors of odds, so that an answer needs no logarithm.

    To add ``shift`` to the logit of p is to multiply its odds by ``exp(shift)``:
    the end is ``p / (p + (1 - p) * exp(-shift))``.

    Attributes:
        edges: Probabilities that part the bands.
        lower: The factor of ``1 - p`` for the lower end of each band.
        upper: The same for the upper end.
    """

    edges: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


def interval_factors(table: IntervalTable) -> IntervalFactors:
    """Return the factors of a table of intervals."""
    return IntervalFactors(
        tuple(map(sigmoid, table.edges)),
        tuple(map(_factor, table.lower)),
        tuple(map(_factor, table.upper)),
    )


def compile_interval(table: IntervalTable) -> Callable[[float], Interval]:
    """Return the function from a probability to the ends of its interval."""
    edges, lower, upper = interval_factors(table)

    def interval(probability: float) -> Interval:
        band = bisect_right(edges, probability)
        rest = 1.0 - probability
        low = probability / (probability + rest * lower[band])
        high = probability / (probability + rest * upper[band])
        low = low if low < probability else probability  # noqa: FURB136 - a call costs 60 ns
        high = high if high > probability else probability  # noqa: FURB136 - the same
        return low, high  # rounding stays outside

    return interval


def logit_of(probability: float) -> float:
    """Return the logit of a probability; 0 and 1 count as the nearest inside."""
    inside = min(max(probability, 1e-15), 1 - 1e-15)
    return math.log(inside / (1 - inside))


def _factor(shift: float) -> float:
    return math.exp(min(max(-shift, -_HUGE), _HUGE))


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
