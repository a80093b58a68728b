"""The bound of the score holds its promise, and harm is seen."""

import numpy as np
import pytest

from churn_service.artefact.reference import SCORE, BinnedField
from churn_service.monitoring.drift import bin_labels
from churn_service.monitoring.probation import Tally, score_complaint, score_key

SHARES = np.array([0.30, 0.17, 0.12, 0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.02])
SCORES = BinnedField(
    field=SCORE,
    edges=tuple(index / 10 for index in range(11)),
    counts=(0, *(int(share * 1400) for share in SHARES), 0, 0),
)


def tally(counts: np.ndarray) -> Tally:
    labels = bin_labels(SCORES)[1:11]
    return Tally({score_key("v", label): int(n) for label, n in zip(labels, counts, strict=True)})


def complains(random: np.random.Generator, shares: np.ndarray, looks: int) -> bool:
    counts = random.multinomial(100, shares)
    for _ in range(looks):
        if score_complaint(tally(counts), "v", SCORES):
            return True
        counts = counts + random.multinomial(counts.sum(), shares)
    return False


def test_a_good_champion_is_rolled_back_in_at_most_one_of_a_hundred_promotions() -> None:
    random = np.random.default_rng(4)

    alarms = sum(complains(random, SHARES, 6) for _ in range(1000))

    assert alarms <= 18  # the bound of a rate of 1 % in 1,000 tries


@pytest.mark.parametrize("looks", [1, 2])
def test_a_champion_whose_scores_turn_round_is_seen_at_once(looks: int) -> None:
    random = np.random.default_rng(4)

    assert sum(complains(random, SHARES[::-1], looks) for _ in range(100)) == 100


def test_another_version_is_not_judged() -> None:
    assert score_complaint(tally(np.full(10, 900)), "other", SCORES) == ""
