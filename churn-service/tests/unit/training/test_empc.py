"""EMPC and MPC against printed values of an independent implementation."""

import time

import numpy as np
import pytest

from churn_service.training import empc
from churn_service.training.empc import Economics, expected_maximum_profit, maximum_profit

CHURNED = np.array([1, 0, 1, 1, 0, 0, 1, 0, 0, 0])
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.55, 0.5, 0.4, 0.3, 0.2, 0.1])
TIES = np.array([0.9, 0.9, 0.7, 0.7, 0.5, 0.5, 0.4, 0.3, 0.3, 0.1])


@pytest.mark.parametrize(
    ("scores", "economics", "profit", "share"),
    [
        (SCORES, Economics(), 19.1083937631, 0.6936790417),
        (SCORES, Economics(400, 30, 2), 34.1371876145, 0.6677547915),
        (SCORES, Economics(100, 20, 5), 3.3631672192, 0.3336972713),
        (TIES, Economics(), 19.1083889264, 0.6936861089),
        (CHURNED.astype(float), Economics(), 22.4, 0.4),
        (np.full(10, 0.5), Economics(), 15.8066404537, 0.9942406411),
    ],
    ids=["defaults", "dear", "cheap", "ties", "perfect", "constant"],
)
def test_the_expected_profit_has_the_printed_digits(
    scores: np.ndarray, economics: Economics, profit: float, share: float
) -> None:
    found = expected_maximum_profit(CHURNED, scores, economics)
    assert found.per_customer == pytest.approx(profit, abs=1e-9)
    assert found.share == pytest.approx(share, abs=1e-9)


def test_the_profit_of_a_fixed_acceptance_is_that_of_the_best_threshold() -> None:
    found = maximum_profit(CHURNED, SCORES)
    assert found.per_customer == pytest.approx(19.1)
    assert found.share == pytest.approx(0.7)


def test_the_expectation_is_the_mean_over_drawn_acceptances() -> None:
    gammas = np.random.default_rng(3).beta(6, 14, 4000)
    best = [
        maximum_profit(CHURNED, SCORES, Economics(acceptance=gamma)).per_customer
        for gamma in gammas
    ]
    assert np.mean(best) == pytest.approx(19.1084, abs=4 * np.std(best) / np.sqrt(4000))


def test_the_order_of_the_rows_does_not_matter() -> None:
    order = np.random.default_rng(5).permutation(10)
    shuffled = expected_maximum_profit(CHURNED[order], TIES[order])
    assert shuffled == expected_maximum_profit(CHURNED, TIES)


def test_a_row_of_weight_two_counts_like_two_rows() -> None:
    times = np.array([1, 2, 1, 3, 1, 1, 2, 1, 1, 2])
    often = np.repeat(np.arange(10), times)
    weighted = expected_maximum_profit(CHURNED, SCORES, weights=times.astype(float))
    repeated = expected_maximum_profit(CHURNED[often], SCORES[often])
    assert weighted.per_customer == pytest.approx(repeated.per_customer, abs=1e-12)
    assert weighted.share == pytest.approx(repeated.share, abs=1e-12)


def test_two_hundred_thousand_rows_take_a_moment() -> None:
    random = np.random.default_rng(1)
    scores = random.random(200_000)
    churned = (random.random(200_000) < scores).astype(np.int64)
    start = time.process_time()
    expected_maximum_profit(churned, scores)
    assert time.process_time() - start < 2


def test_leaving_out_what_bulges_inwards_changes_no_profit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(5)
    probability = random.random(2000).round(3)
    churned = (random.random(2000) < probability).astype(np.int64)
    quick = expected_maximum_profit(churned, probability)
    monkeypatch.setattr(empc, "_ROUNDS", 0)

    assert quick == expected_maximum_profit(churned, probability)
