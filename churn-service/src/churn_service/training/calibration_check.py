"""Are a candidate's probabilities right: not too bold, and neither too high nor too low?"""

from typing import NamedTuple

import numpy as np

from churn_service.artefact.verdict import Check
from churn_service.training.contest import Contest
from churn_service.training.metrics import calibration_slope
from churn_service.training.paired import Floats, Labels

SLOPE = (0.9, 1.1)
LARGEST_MISS, LARGEST_PART = 0.02, 0.2
_NOISE = 1.645


class Miss(NamedTuple):
    """Mean probability minus churn rate, and its standard error if the probabilities hold."""

    gap: float
    error: float


def miss_of(churned: Labels, probability: Floats, weights: Floats) -> Miss:
    """Return by how much the mean probability misses the churn rate; weights are counted."""
    gap = float(np.average(probability - churned, weights=weights))
    variance = float(weights**2 @ (probability * (1 - probability)))
    return Miss(gap, variance**0.5 / float(weights.sum()))


def check_calibration(contest: Contest) -> Check:
    """Refuse a slope or a mean that is outside its limits beyond what chance explains."""
    slope = calibration_slope(contest.churned, contest.candidate, contest.weights)
    noise = _NOISE * _slope_error(contest, slope)
    low, high = SLOPE
    mean, rate, most = _in_the_large(contest)
    return Check(
        name="calibration",
        passed=low - noise <= slope <= high + noise and abs(mean - rate) <= most,
        found=f"slope {slope:.3f} +- {noise:.3f} (90 % interval), "
        f"mean {mean:.2%} where {rate:.2%} churned",
        limit=f"{low} to {high} within the interval, means apart by at most {100 * most:.2f} "
        "points, chance included",
        value=slope,
    )


def _in_the_large(contest: Contest) -> tuple[float, float, float]:
    """Return mean probability, churn rate, and how far apart they may be."""
    rate = float(np.average(contest.churned, weights=contest.weights))
    found = miss_of(contest.churned, contest.candidate, contest.weights)
    allowed = min(LARGEST_MISS, LARGEST_PART * rate)  # two points of 2 % would be the whole rate
    return rate + found.gap, rate, allowed + _NOISE * found.error


def _slope_error(contest: Contest, slope: float) -> float:
    """Return the standard error of a slope, from the information in these rows."""
    inside = np.clip(contest.candidate, 1e-12, 1 - 1e-12)
    logit = np.log(inside / (1 - inside))
    fitted = 1 / (1 + np.exp(-slope * logit))
    variance, weights = fitted * (1 - fitted), contest.weights
    centred = logit - np.average(logit, weights=variance * weights)
    information = float((variance * weights) @ centred**2)
    spread = float((variance * weights**2) @ centred**2)
    return spread**0.5 / information if information > 0 else float("inf")
