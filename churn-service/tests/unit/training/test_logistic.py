"""The solver: the same minimum as scikit-learn's, and signs that are kept."""

import numpy as np
import pytest

from churn_service.training import logistic
from churn_service.training.errors import FitError
from churn_service.training.logistic import (
    Dense,
    Logistic,
    Problem,
    check_convergence,
    fit_logistic,
    fit_unsigned,
)

RANDOM = np.random.default_rng(5)
MATRIX = RANDOM.normal(size=(400, 6))
CHURNED = (RANDOM.random(400) < 1 / (1 + np.exp(-MATRIX @ [1.0, -1, 0.5, 0, 2, -0.3]))).astype(int)
WEIGHTS = RANDOM.uniform(0.5, 3, 400)


def problem(*signs: int, matrix: np.ndarray = MATRIX) -> Problem:
    width = matrix.shape[1]
    return Problem(Dense(matrix), CHURNED, WEIGHTS, np.full(width, 2.0), np.array(signs))


def test_without_signs_the_minimum_is_scikit_learns() -> None:
    ours = fit_logistic(problem(0, 0, 0, 0, 0, 0))
    theirs = fit_unsigned(MATRIX, CHURNED, WEIGHTS, 0.5)

    np.testing.assert_allclose(ours.coefficients, theirs.coefficients, atol=1e-8)
    assert ours.intercept == pytest.approx(theirs.intercept, abs=1e-8)
    assert max(ours.gradient, theirs.gradient) <= 1e-9


def test_weights_keep_their_signs_and_are_the_best_that_do() -> None:
    given = problem(1, 1, -1, 0, -1, -1)

    found = fit_logistic(given)

    point = np.append(found.coefficients, found.intercept)
    assert (given.signs * found.coefficients >= 0).all()
    assert np.flatnonzero(found.coefficients == 0).tolist() == [1, 2, 4]
    assert found.gradient <= 1e-11
    for place in (1, 2, 4):
        moved = point.copy()
        moved[place] += 1e-4 * given.signs[place]
        assert given.loss(moved) > given.loss(point)


def test_a_start_on_the_wrong_side_ends_at_the_same_minimum() -> None:
    given = problem(1, 1, -1, 0, -1, -1)

    near = fit_logistic(given)
    far = fit_logistic(given, np.array([-5.0, -5, 5, 30, 5, 5, -20]))

    np.testing.assert_allclose(far.coefficients, near.coefficients, atol=1e-8)


def test_twin_columns_with_opposite_signs_converge() -> None:
    given = problem(1, -1, 1, -1, matrix=np.column_stack([MATRIX[:, :2], MATRIX[:, :2]]))

    assert fit_logistic(given).gradient <= 1e-11


def test_columns_of_extreme_size_stop_short_and_are_refused() -> None:
    given = problem(1, 0, matrix=np.column_stack([MATRIX[:, 0] * 1e12, MATRIX[:, 1]]))

    with pytest.raises(FitError, match=r"max\|gradient\|/n is .* extreme values"):
        check_convergence(fit_logistic(given))


def test_a_search_that_finds_no_better_point_ends_and_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logistic, "_MOST_HALVINGS", 0)
    found = fit_logistic(problem(1, 0, 0, 0, 0, 0))
    assert found.iterations == 0
    with pytest.raises(FitError, match="did not converge"):
        check_convergence(found)


@pytest.mark.parametrize("gradient", [1e-7, float("nan")])
def test_a_fit_that_is_not_at_the_minimum_is_refused(gradient: float) -> None:
    with pytest.raises(FitError, match="did not converge"):
        check_convergence(Logistic(np.zeros(1), 0.0, gradient, 3))
