"""Say before sending what a campaign of this size can prove."""

from math import ceil, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_ROUNDS = 100


def _standard_error_factor(base: float, effect: float, control_share: float, r2: float) -> float:
    """Return the variance of the effect for one customer (divide by n)."""
    treated = base - effect
    control = base * (1 - base) / control_share
    return (control + treated * (1 - treated) / (1 - control_share)) * (1 - r2)


def _quantiles(confidence: float, power: float) -> float:
    """Return the distance in standard errors that gives the wanted power."""
    return _NORMAL.inv_cdf((1 + confidence) / 2) + _NORMAL.inv_cdf(power)


def customers_needed(
    base_rate: float,
    effect: float,
    control_share: float,
    *,
    confidence: float = 0.95,
    power: float = 0.8,
    r2: float = 0.0,
) -> int:
    """Count the selected customers that it takes to show an effect.

    Args:
        base_rate: churn without contact, inside (0, 1).
        effect: churn removed by the offer, as a difference of probabilities, not 0.
        control_share: share of the selected customers kept back, inside (0, 1).
        confidence: of the interval that must exclude zero.
        power: chance that it does.
        r2: variance explained by the churn score, when the analysis adjusts for it.

    Returns:
        The number of treated and control customers together, rounded up.
    """
    distance = _quantiles(confidence, power)
    factor = _standard_error_factor(base_rate, effect, control_share, r2)
    return ceil(distance**2 * factor / effect**2)


def smallest_effect(
    customers: int,
    base_rate: float,
    control_share: float,
    *,
    confidence: float = 0.95,
    power: float = 0.8,
    r2: float = 0.0,
) -> float | None:
    """Find the smallest churn reduction that a campaign can show.

    Args:
        customers: treated and control customers together.
        base_rate: churn without contact, 0 to 1.
        control_share: share of the selected customers kept back.
        confidence: of the interval that must exclude zero.
        power: chance that it does.
        r2: variance explained by the churn score, when the analysis adjusts for it.

    Returns:
        A difference of probabilities, or None when not even saving every customer
        could be shown, or when there is no control group.
    """
    if customers == 0 or not 0 < control_share < 1:
        return None
    distance = _quantiles(confidence, power)
    effect = 0.0
    for _ in range(_ROUNDS):
        factor = _standard_error_factor(base_rate, effect, control_share, r2)
        effect = distance * sqrt(factor / customers)
        if effect > base_rate:
            return None
    return effect


def power_of(
    customers: int,
    base_rate: float,
    effect: float,
    control_share: float,
    *,
    confidence: float = 0.95,
) -> float:
    """Give the chance that a true effect will be shown.

    Args:
        customers: treated and control customers together.
        base_rate: churn without contact, inside (0, 1).
        effect: true churn reduction, as a difference of probabilities.
        control_share: share of the selected customers kept back, inside (0, 1).
        confidence: of the interval that must exclude zero.

    Returns:
        A probability.
    """
    error = sqrt(_standard_error_factor(base_rate, effect, control_share, 0.0) / customers)
    return _NORMAL.cdf(effect / error - _NORMAL.inv_cdf((1 + confidence) / 2))
