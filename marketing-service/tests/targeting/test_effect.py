from math import sqrt

import numpy as np
import pytest

from marketing_service.targeting.effect import Interval, check_split, newcombe, wilson


def _effect(control: tuple[int, int], treated: tuple[int, int]) -> Interval:
    return newcombe(wilson(*control), wilson(*treated))


@pytest.mark.parametrize(
    ("control", "treated", "expected", "digits"),
    [
        ((56, 70), (48, 80), (0.2, 0.0524, 0.3339), 4),
        ((30, 100), (180, 900), (0.1, 0.014448, 0.199013), 6),
        ((0, 10), (0, 20), (0.0, -0.1611, 0.2775), 4),
    ],
)
def test_newcombe_intervals_are_the_published_ones(
    control: tuple[int, int],
    treated: tuple[int, int],
    expected: tuple[float, float, float],
    digits: int,
) -> None:
    found = _effect(control, treated)
    shown = [round(value, digits) for value in (found.estimate, found.low, found.high)]
    assert shown == pytest.approx(list(expected))


def test_exchanging_the_arms_mirrors_the_interval() -> None:
    one, two = _effect((30, 100), (180, 900)), _effect((180, 900), (30, 100))
    assert (one.low, one.high) == pytest.approx((-two.high, -two.low))


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    left_c, left_t = rng.binomial(100, 0.05, 4000), rng.binomial(900, 0.03, 4000)
    found = [_effect((c, 100), (t, 900)) for c, t in zip(left_c, left_t, strict=True)]
    covered = np.mean([interval.low <= 0.02 <= interval.high for interval in found])
    assert abs(covered - 0.956) < 4 * sqrt(0.05 * 0.95 / 4000)


@pytest.mark.parametrize(
    ("controls", "p_value", "digits", "passed"),
    [(1_860, 0.00096743, 8, False), (1_900, 0.0184, 4, True), (2_000, 1.0, 4, True)],
)
def test_lost_controls_are_noticed(
    controls: int, p_value: float, digits: int, *, passed: bool
) -> None:
    found = check_split(controls, 20_000, 0.1)
    assert round(found.p_value, digits) == p_value
    assert found.passed is passed


def test_a_campaign_without_control_passes_unless_somebody_was_kept_back() -> None:
    assert check_split(0, 100, 0.0).passed
    assert check_split(0, 0, 0.3).passed
    assert not check_split(5, 100, 0.0).passed
