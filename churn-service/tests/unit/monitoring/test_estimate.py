"""Expected performance: exact sums, right on average, blind where it says so."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from churn_service.monitoring.counts import ScoreSums
from churn_service.monitoring.estimate import BLIND_SPOT, expected_performance


def sums(scores: list[float]) -> ScoreSums:
    found = ScoreSums()
    found.add_scores(scores)
    return found


def test_it_is_what_calibrated_outcomes_give_on_average() -> None:
    random = np.random.default_rng(4)
    scores = random.beta(1, 3, size=200_000)
    churned = random.random(scores.size) < scores
    found = expected_performance(sums(scores.tolist()))
    assert found is not None
    assert found.auc == pytest.approx(roc_auc_score(churned, scores), abs=0.004)
    assert found.brier == pytest.approx(brier_score_loss(churned, scores), abs=0.002)
    assert found.log_loss == pytest.approx(log_loss(churned, scores), abs=0.004)
    assert found.churn_rate == pytest.approx(churned.mean(), abs=0.003)


def test_it_stays_the_same_when_behaviour_changes() -> None:
    random = np.random.default_rng(4)
    scores = random.beta(1, 3, size=50_000)
    changed = random.random(scores.size) < 0.3 + 0.2 * scores
    found = expected_performance(sums(scores.tolist()))
    assert found is not None
    assert found.auc is not None
    assert found.auc - roc_auc_score(changed, scores) > 0.1
    assert "blind" in BLIND_SPOT


def test_equal_scores_are_worth_chance() -> None:
    found = expected_performance(sums([0.3] * 50))
    assert found is not None
    assert found.auc == pytest.approx(0.5)


def test_certain_scores_of_one_kind_have_no_auc() -> None:
    found = expected_performance(sums([0.0, 0.0]))
    assert found is not None
    assert (found.auc, found.brier, found.log_loss) == (None, 0, 0)


def test_nobody_has_no_performance() -> None:
    assert expected_performance(ScoreSums()) is None
