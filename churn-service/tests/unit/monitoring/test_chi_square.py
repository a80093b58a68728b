"""Quantiles without scipy, held against scipy."""

import pytest
from scipy import stats

from churn_service.monitoring.chi_square import (
    chi_square_quantile,
    chi_square_tail,
    gamma_tail,
    pearson_quantile,
)

TAILS = (0.5, 0.05, 1e-2, 7.5e-5, 1e-7)
DEGREES = (1, 2, 4, 9, 24, 60)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("tail", TAILS)
def test_quantiles_are_those_of_scipy(tail: float, degrees: int) -> None:
    expected = stats.chi2.isf(tail, degrees)
    assert chi_square_quantile(tail, degrees) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("value", [0.01, 1.0, 5.0, 30.0, 200.0])
def test_tails_are_those_of_scipy(value: float, degrees: int) -> None:
    expected = stats.chi2.sf(value, degrees)
    assert chi_square_tail(value, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_everything_lies_above_zero() -> None:
    assert gamma_tail(2.0, 0.0) == 1.0


@pytest.mark.parametrize("skewness", [0.3, 1.0, 2.4])
def test_a_shifted_gamma_has_the_quantiles_of_pearson_iii(skewness: float) -> None:
    expected = stats.pearson3.isf(1e-4, skewness, 4.0, 2.5)
    assert pearson_quantile(1e-4, 4.0, 2.5, skewness) == pytest.approx(expected, rel=1e-6)


def test_without_skewness_quantiles_are_the_normal_ones() -> None:
    expected = stats.norm.isf(1e-4, 4.0, 2.5)
    assert pearson_quantile(1e-4, 4.0, 2.5, -1.0) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("tail", [0.0, 1.0, -0.1])
def test_a_tail_that_is_no_probability_is_refused(tail: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        chi_square_quantile(tail, 3)
