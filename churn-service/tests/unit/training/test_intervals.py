"""Intervals hold the churn rate as often as they promise."""

import msgspec
import numpy as np
import pytest

from churn_service.artefact.interval import IntervalTable, interval_problems
from churn_service.scorer.calibration import compile_interval
from churn_service.training.intervals import BAND_ROWS, binomial_interval, interval_table

GOOD = IntervalTable(level=0.95, edges=(0.0,), lower=(-0.1, -0.2), upper=(0.1, 0.2))


def expit(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def customers(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """True logits, and outcomes drawn from them."""
    random = np.random.default_rng(seed)
    logits = random.normal(-1.2, 1.4, rows)
    return logits, (random.random(rows) < expit(logits)).astype(np.int64)


def covered(slope: float, shift: float, seed: int) -> tuple[int, int]:
    """Count the bands whose true churn rate lies inside, when a model is off."""
    logits, churned = customers(3000, seed)
    table = interval_table(expit(slope * logits + shift), churned, np.ones(3000))
    fresh, _ = customers(20_000, seed + 10_000)
    said = slope * fresh + shift
    band = np.searchsorted(table.edges, said, side="right")
    ends = np.array(list(map(compile_interval(table), expit(said).tolist())))
    inside = 0
    for number in range(len(table.lower)):
        low, high = ends[band == number].mean(axis=0)
        inside += int(low <= expit(fresh[band == number]).mean() <= high)
    return inside, len(table.lower)


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (1.3, 0.2), (0.8, -0.1)])
def test_at_least_95_of_100_bands_hold_their_true_churn_rate(slope: float, shift: float) -> None:
    counts = np.array([covered(slope, shift, seed) for seed in range(25)]).sum(axis=0)
    inside, bands = counts.tolist()
    # 300 bands at 95 %: fewer than 273 inside in one of 1,000 tests
    assert bands == 300
    assert inside >= 273


def test_the_interval_holds_the_probability_and_follows_it() -> None:
    logits, churned = customers(2000, 1)
    interval = compile_interval(interval_table(expit(logits), churned, np.ones(2000)))
    ends = [interval(chance) for chance in (0.02, 0.2, 0.5, 0.9)]
    for (low, high), chance in zip(ends, (0.02, 0.2, 0.5, 0.9), strict=True):
        assert 0 < low <= chance
        assert chance <= high < 1
        assert high - low < 0.25


def test_few_customers_make_one_wide_band() -> None:
    logits, churned = customers(BAND_ROWS, 2)
    table = interval_table(expit(logits), churned, np.ones(BAND_ROWS))
    assert table.edges == ()
    assert len(table.lower) == 1


def test_bands_between_which_no_probability_changes_are_joined() -> None:
    chances = np.repeat([0.2, 0.6], [2000, 500])
    churned = (np.arange(2500) % 5 < 1).astype(np.int64)
    table = interval_table(chances, churned, np.ones(2500))
    assert len(table.edges) == 1
    assert not list(interval_problems(table))


@pytest.mark.parametrize("outcome", [0, 1])
def test_a_band_of_one_outcome_only_still_has_two_finite_ends(outcome: int) -> None:
    table = interval_table(np.full(300, 0.5), np.full(300, outcome), np.ones(300))
    assert not list(interval_problems(table))
    low, high = compile_interval(table)(0.5)
    assert (low < 0.02) if outcome == 0 else (high > 0.98)


def test_equal_weights_change_nothing_and_unequal_ones_widen() -> None:
    logits, churned = customers(1000, 3)
    plain = interval_table(expit(logits), churned, np.ones(1000))
    heavy = interval_table(expit(logits), churned, np.full(1000, 7.0))
    assert heavy.upper == pytest.approx(plain.upper, abs=1e-6)
    uneven = np.random.default_rng(0).choice([0.05, 1.0], 1000)
    wide = interval_table(expit(logits), churned, uneven)
    assert np.subtract(wide.upper, wide.lower).mean() > np.subtract(plain.upper, plain.lower).mean()


def test_the_binomial_interval_is_the_exact_one() -> None:
    assert binomial_interval(62, 100) == pytest.approx((0.5175, 0.7152), abs=1e-4)
    assert binomial_interval(0, 10)[0] == 0.0
    assert binomial_interval(10, 10)[1] == 1.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lower": (-0.1,)}, "one band more than edges"),
        ({"edges": (float("inf"),)}, "not finite"),
        ({"edges": (1.0, 1.0), "lower": (0, 0, 0), "upper": (0, 0, 0)}, "do not ascend"),
        ({"lower": (0.1, -0.2)}, "does not hold its own probability"),
        ({"level": 1.0}, "not between 0 and 1"),
    ],
)
def test_a_table_that_makes_no_sense_is_named(changes, words: str) -> None:
    table = msgspec.structs.replace(GOOD, **changes)
    assert words in " ".join(interval_problems(table))
    assert not list(interval_problems(GOOD))
