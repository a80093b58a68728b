"""Calibration is left alone when it is right, and repaired when it is not."""

import numpy as np
import pytest

from churn_service.artefact.calibration import (
    IdentityCalibration,
    IsotonicCalibration,
    PlattCalibration,
    calibration_problems,
)
from churn_service.scorer.calibration import compile_calibration
from churn_service.training.calibration import (
    OutOfFold,
    calibrated,
    check_calibration,
    choose_calibration,
    fitted_calibration,
)


def found(rows: int, distort, seed: int = 1) -> OutOfFold:
    """Customers whose true logit is known, and what a model says of it."""
    random = np.random.default_rng(seed)
    truth = random.normal(-1, 1.5, rows)
    churned = (random.random(rows) < 1 / (1 + np.exp(-truth))).astype(np.int64)
    return OutOfFold(distort(truth), churned, np.ones(rows))


def test_right_probabilities_are_left_alone() -> None:
    calibration, check = choose_calibration(found(3000, lambda z: z))
    assert isinstance(calibration, IdentityCalibration)
    assert check.passed


def test_right_probabilities_pass_in_about_95_of_100_tables() -> None:
    passed = [check_calibration(found(700, lambda z: z, seed)).error for seed in range(60)]
    noise = check_calibration(found(700, lambda z: z)).noise
    assert np.mean(np.array(passed) <= noise) >= 0.85  # binomial: 57 expected, 51 in 999 of 1,000


def test_too_bold_probabilities_get_platts_slope() -> None:
    calibration, check = choose_calibration(found(2000, lambda z: 2 * z + 0.5))
    assert check.slope == pytest.approx(0.5, abs=0.07)
    assert isinstance(calibration, PlattCalibration)
    assert calibration.slope == check.slope
    assert calibration.intercept == pytest.approx(-0.25, abs=0.15)


def test_a_bend_gets_isotonic_calibration_when_enough_customers_left() -> None:
    bent = found(12_000, lambda z: np.where(z > -1, z / 6, z * 2))
    assert isinstance(choose_calibration(bent)[0], IsotonicCalibration)
    few = found(1500, lambda z: np.where(z > -1, z / 6, z * 2))
    assert few.churned.sum() < 1000
    assert isinstance(choose_calibration(few)[0], PlattCalibration)


def test_scores_that_go_the_wrong_way_are_not_turned_round() -> None:
    wrong = found(1000, lambda z: -z)
    assert isinstance(fitted_calibration(PlattCalibration, wrong), IdentityCalibration)


@pytest.mark.parametrize("kind", [IdentityCalibration, PlattCalibration, IsotonicCalibration])
def test_the_served_calibration_is_the_trained_one(kind) -> None:
    given = found(1500, lambda z: 1.7 * z)
    calibration = fitted_calibration(kind, given)
    assert not list(calibration_problems(calibration))
    chance = compile_calibration(calibration)
    logits = np.concatenate([given.logits, [-900.0, 900.0, 0.0]])
    served = np.array([chance(logit) for logit in logits.tolist()])
    np.testing.assert_allclose(served, calibrated(calibration, logits), atol=1e-12)
    assert (np.diff(served[np.argsort(logits)]) >= 0).all()


@pytest.mark.parametrize(
    ("calibration", "words"),
    [
        (PlattCalibration(intercept=0.0, slope=0.0), "slope is not above zero"),
        (PlattCalibration(intercept=float("nan"), slope=1.0), "not finite"),
        (IsotonicCalibration(logits=(0.0,), probabilities=(0.5,)), "two or more"),
        (IsotonicCalibration(logits=(0.0, 0.0), probabilities=(0.5, 0.5)), "do not ascend"),
        (IsotonicCalibration(logits=(0.0, 1.0), probabilities=(0.5, 0.4)), "descend"),
        (IsotonicCalibration(logits=(0.0, 1.0), probabilities=(0.5, 1.0)), "between 0 and 1"),
    ],
)
def test_a_calibration_that_makes_no_sense_is_named(calibration, words: str) -> None:
    assert words in " ".join(calibration_problems(calibration))
