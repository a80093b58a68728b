"""Shares and differences with their 95 % intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn_service.training.dataset import Weights

NARROW = "\u00a0"  # keeps a number and its unit in one line
Z = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """A share of some rows, with its Wilson interval."""

    value: float
    low: float
    high: float
    rows: int


def share_if_any(flags: NDArray[np.int64] | NDArray[np.bool_], weights: Weights) -> Share | None:
    """Return the weighted share of true flags; None without rows."""
    return share_of(flags, weights) if len(flags) else None


def share_of(flags: NDArray[np.int64] | NDArray[np.bool_], weights: Weights) -> Share:
    """Return the weighted share of true flags among at least one row.

    The interval counts (sum w)^2 / sum w^2 customers: a heavy row is no crowd.
    """
    value = float(np.average(flags.astype(np.float64), weights=weights))
    count = float(weights.sum() ** 2 / (weights**2).sum())
    middle = (value + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * np.sqrt(value * (1 - value) / count + (Z / (2 * count)) ** 2)
    # rounding may put a limit on the wrong side of a share of exactly zero or one
    low, high = min(value, max(0.0, middle - half)), max(value, min(1.0, middle + half))
    return Share(value, float(low), float(high), len(flags))


def percent(value: float, decimals: int = 1) -> str:
    """Return a share as people read it."""
    return f"{100 * value:.{decimals}f}{NARROW}%"


def share_text(share: Share | None) -> str:
    """Return a share with its interval in brackets."""
    if share is None:
        return "none"
    limits = f"[{100 * share.low:.1f},{NARROW}{100 * share.high:.1f}]"
    return f"{percent(share.value)}{NARROW}{limits}"
