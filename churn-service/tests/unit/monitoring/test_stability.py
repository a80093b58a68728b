"""PSI and its limits, held against the figures of the design."""

import math

import numpy as np
import pytest

from churn_service.artefact.reference import BinnedField
from churn_service.monitoring.stability import (
    coarse_bins,
    field_psi,
    psi,
    psi_threshold,
)
from churn_service.training.reference import resampled_moments, resampled_psi

TAIL = 7.5e-5
EQUAL = BinnedField(field="x", edges=tuple(range(9)), counts=(500,) * 10 + (0,))


def test_the_same_shares_have_no_psi() -> None:
    assert psi([100, 300], [100, 300]) == 0


def test_half_a_count_keeps_an_empty_bin_finite() -> None:
    p, q = (0.5 / 11, 10.5 / 11), (5.5 / 11, 5.5 / 11)
    expected = sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))
    assert psi([0, 10], [5, 5]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rows", "printed"), [(500, 0.0758), (1000, 0.0413), (200, 0.179), (100, 0.351)]
)
def test_the_formula_gives_the_printed_limits(rows: int, printed: float) -> None:
    assert psi_threshold(EQUAL, rows, 10, TAIL) == pytest.approx(printed, rel=0.01)


def test_a_large_window_is_not_alarmed_by_a_trifle() -> None:
    assert psi_threshold(EQUAL, 1_000_000, 10, TAIL) == 0.02


def test_one_bin_can_never_drift() -> None:
    assert psi_threshold(EQUAL, 1000, 1, TAIL) == math.inf


def test_a_small_window_is_judged_by_the_resampled_distribution() -> None:
    random = np.random.default_rng(1)
    null = tuple(resampled_moments(EQUAL, rows, random) for rows in (100, 250))
    field = BinnedField(field="x", edges=EQUAL.edges, counts=EQUAL.counts, null=null)
    for rows in (100, 160, 250, 499):
        groups = len(coarse_bins(field, rows)) - 1
        formula = psi_threshold(EQUAL, rows, groups, TAIL)
        limit = psi_threshold(field, rows, groups, TAIL)
        assert formula <= limit < 1.3 * formula


def test_resampling_finds_the_noise_that_the_formula_says() -> None:
    random = np.random.default_rng(2)
    found = resampled_psi(np.full(5, 0.2), 2000, 5000, 20_000, random)
    assert found.mean() == pytest.approx(4 * (1 / 2000 + 1 / 5000), rel=0.03)


def test_bins_of_a_number_join_their_neighbours() -> None:
    assert coarse_bins(EQUAL, 100) == ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (10,))
    assert len(coarse_bins(EQUAL, 1000)) == 11


def test_the_rest_of_a_number_joins_the_last_group_but_not_the_only_one() -> None:
    uneven = BinnedField(field="x", edges=(0.0, 1.0, 2.0), counts=(400, 400, 10, 5, 0))
    assert coarse_bins(uneven, 200) == ((0,), (1, 2, 3), (4,))
    lonely = BinnedField(field="x", edges=(0.0, 1.0, 2.0), counts=(900, 1, 1, 0, 3))
    assert coarse_bins(lonely, 200) == ((0,), (1, 2, 3), (4,))


def test_rare_levels_join_each_other() -> None:
    levels = BinnedField(field="x", levels=("a", "b", "c"), counts=(900, 4, 95, 0, 1))
    assert coarse_bins(levels, 1000) == ((0,), (2,), (1, 3, 4))
    common = BinnedField(field="x", levels=("a", "b"), counts=(500, 500, 500, 500))
    assert coarse_bins(common, 100_000) == ((0,), (1,), (2,), (3,))


def test_bins_that_are_empty_on_both_sides_do_not_count() -> None:
    value, bins = field_psi(EQUAL, [10] * 10 + [0])
    assert (value, bins) == (pytest.approx(0), 5)
    _, with_missing = field_psi(EQUAL, [10] * 10 + [1])
    assert with_missing == 6


@pytest.mark.parametrize("bins", [5, 10])
def test_a_psi_of_a_fifth_is_found_in_500_customers(bins: int) -> None:
    reference = BinnedField(
        field="x", edges=tuple(range(bins - 1)), counts=(5000 // bins,) * bins + (0,)
    )
    shares = _shifted(bins, 0.2)
    random = np.random.default_rng(3)
    windows = random.multinomial(500, shares, size=400)
    found = [field_psi(reference, [*map(int, window), 0]) for window in windows]
    alarms = [value > psi_threshold(reference, 500, used, TAIL) for value, used in found]
    assert np.mean(alarms) >= 0.9


def _shifted(bins: int, wanted: float) -> np.ndarray:
    """Tilt equal shares until their PSI is as wanted."""
    places, low, high = np.linspace(-1, 1, bins), 0.0, 5.0
    for _ in range(60):
        tilt = (low + high) / 2
        shares = np.exp(tilt * places) / np.exp(tilt * places).sum()
        value = ((shares - 1 / bins) * np.log(shares * bins)).sum()
        low, high = (tilt, high) if value < wanted else (low, tilt)
    return shares
