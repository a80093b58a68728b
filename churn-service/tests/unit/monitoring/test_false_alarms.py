"""The promise: of 1,000 weeks without drift, about ten raise an alarm, and never over 18."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from churn_service.artefact.reference import BinnedField
from churn_service.monitoring.stability import coarse_bins, counts_of, psi_threshold
from churn_service.training.reference import resampled_moments

WEEKS, WINDOWS = 1000, 7
REFERENCE_ROWS = 5000
MOST_ALARMS = 18  # 1 % of 1,000 and what chance may add to it

SHAPES = (
    *[tuple([0.1] * 10)] * 8,
    (0.5, 0.5),
    (0.84, 0.16),
    (0.9, 0.1),
    (0.995, 0.005),
    (0.44, 0.35, 0.21),
    (0.55, 0.24, 0.21),
    (0.34, 0.23, 0.22, 0.21),
    (0.5, 0.3, 0.19, 0.01),
    (0.4, 0.3, 0.1, 0.1, 0.05, 0.02, 0.01, 0.01, 0.005, 0.005),
    (0.3, 0.2, 0.15, 0.1, 0.1, 0.1, 0.05),
    (0.25, 0.25, 0.2, 0.2, 0.1),
    (0.6, 0.2, 0.1, 0.05, 0.03, 0.02),
)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weeks:
    """Weeks that are judged against the same reference."""

    rows: int
    count: int


def alarms(weeks: Weeks, random: np.random.Generator) -> NDArray[np.bool_]:
    """Return, for each week, whether any test of any window was positive."""
    tail = 0.01 / (len(SHAPES) * WINDOWS)
    raised = np.zeros((weeks.count, WINDOWS), dtype=bool)
    for shape in SHAPES:
        counts = random.multinomial(REFERENCE_ROWS, shape)
        field = reference_field(counts.tolist(), weeks.rows, random)
        windows = random.multinomial(weeks.rows, shape, size=raised.shape)
        raised |= judged(field, windows, weeks.rows, tail)
    return raised.any(axis=1)


def reference_field(counts: list[int], rows: int, random: np.random.Generator) -> BinnedField:
    levels = tuple(map(str, range(len(counts))))
    bare = BinnedField(field="x", levels=levels, counts=(*counts, 0, 0))
    if rows >= 500:
        return bare
    null = (resampled_moments(bare, rows, random),)
    return BinnedField(field="x", levels=levels, counts=bare.counts, null=null)


def judged(
    field: BinnedField, windows: NDArray[np.int64], rows: int, tail: float
) -> NDArray[np.bool_]:
    """Judge many windows at once, as `field_psi` and `psi_threshold` judge one."""
    groups = coarse_bins(field, rows)
    padded = np.concatenate([windows, np.zeros((*windows.shape[:2], 2), dtype=int)], axis=2)
    here = np.stack([padded[..., list(group)].sum(axis=-1) for group in groups], axis=-1)
    there = np.broadcast_to(counts_of(groups, field.counts), here.shape)
    kept = (here > 0) | (there > 0)
    bins = kept.sum(axis=-1)
    q = (here + 0.5) / (rows + bins / 2)[..., None]
    p = (there + 0.5) / (field.rows + bins / 2)[..., None]
    values = np.where(kept, (q - p) * np.log(q / p), 0).sum(axis=-1)
    limits = {used: psi_threshold(field, rows, used, tail) for used in np.unique(bins).tolist()}
    return values > np.vectorize(limits.__getitem__)(bins)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "weeks_per_reference"), [(100, 50), (1000, 2), (10_000, 2)])
def test_at_most_18_of_1000_weeks_without_drift_raise_an_alarm(
    rows: int, weeks_per_reference: int
) -> None:
    random = np.random.default_rng(20_26)
    weeks = Weeks(rows, weeks_per_reference)
    found = sum(alarms(weeks, random).sum() for _ in range(WEEKS // weeks.count))
    assert found <= MOST_ALARMS


@pytest.mark.slow
def test_a_fixed_limit_of_a_tenth_would_cry_wolf() -> None:
    random = np.random.default_rng(5)
    field = reference_field([500] * 10, 1000, random)
    windows = random.multinomial(100, [0.1] * 10, size=(1000, 1))[:, 0] + 0.5
    q, p = windows / windows.sum(axis=1, keepdims=True), 0.1
    values = ((q - p) * np.log(q / p)).sum(axis=1)
    assert field.rows == 5000
    assert np.mean(values > 0.1) > 0.3
