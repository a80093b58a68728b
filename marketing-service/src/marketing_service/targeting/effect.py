"""Judge a campaign afterwards: churn of the treated against the control group."""

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

SRM_ALARM = 0.001
"""Below this chance the split of the arms is broken and no effect is shown."""


@dataclass(frozen=True)
class Interval:
    """An estimate between two bounds, all in the same unit."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class SplitCheck:
    """Whether the arms have the sizes that the campaign asked for."""

    chi_square: float
    p_value: float
    passed: bool


def wilson(events: int, total: int, confidence: float = 0.95) -> Interval:
    """Bound a share by Wilson's score interval.

    Args:
        events: how many of them left.
        total: how many there are, at least 1.
        confidence: of the interval, inside (0, 1).

    Returns:
        The observed share and its bounds.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = events / total
    centre = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return Interval(share, max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def newcombe(control: Interval, treated: Interval) -> Interval:
    """Bound the churn removed by a campaign (Newcombe 1998, method 10).

    Args:
        control: churn of the control group, from `wilson`.
        treated: churn of the treated group, from `wilson`.

    Returns:
        Churn of the control group minus churn of the treated group; a positive
        number means that customers were kept.
    """
    difference = control.estimate - treated.estimate
    below = sqrt((control.estimate - control.low) ** 2 + (treated.high - treated.estimate) ** 2)
    above = sqrt((control.high - control.estimate) ** 2 + (treated.estimate - treated.low) ** 2)
    return Interval(difference, difference - below, difference + above)


def check_split(control: int, total: int, control_share: float) -> SplitCheck:
    """Check the arms for a sample-ratio mismatch.

    A broken split (lost rows, a filter on one arm) makes every effect a lie, so this
    comes before any of them.

    Args:
        control: customers of the control group.
        total: customers of both groups.
        control_share: the share that the campaign asked for.

    Returns:
        Chi-square with one degree of freedom, its p value and the verdict. A plan
        without customers, or a share of 0 or 1 that was kept, passes.
    """
    expected = total * control_share
    variance = expected * (1 - control_share)
    if variance == 0:
        kept = control == expected
        return SplitCheck(0.0, float(kept), kept)
    chi_square = (control - expected) ** 2 / variance
    p_value = erfc(sqrt(chi_square / 2))
    return SplitCheck(chi_square, p_value, p_value >= SRM_ALARM)
