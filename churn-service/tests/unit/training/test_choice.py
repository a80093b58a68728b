"""The rule that keeps the scorecard, on folds whose losses are made up."""

import math

import numpy as np
import pytest

from churn_service.training.choice import Comparison, choose, corrected_t
from churn_service.training.cross_validation import Evaluation, FoldResult
from churn_service.training.metrics import Metrics

BASE = [0.41, 0.42, 0.40, 0.43, 0.415]


def metrics(loss: float) -> Metrics:
    return Metrics(
        rows=20, churned=5, auc=0.8, log_loss=loss, brier=0.1, average_precision=0.5,
        calibration_slope=1.0, lift_at_10=2.0, empc=1.0,
    )  # fmt: skip


def compare(**losses: list[float]) -> Comparison:
    folds = [
        FoldResult(
            number=number,
            rows=100,
            judged=np.arange(20),
            tuned={},
            metrics={family: metrics(found[number]) for family, found in losses.items()},
            logits={},
        )
        for number in range(5)
    ]
    return choose(Evaluation(tuple(folds)), list(losses))


def test_the_corrected_t_is_that_of_nadeau_and_bengio() -> None:
    differences = [0.01, 0.02, 0.00, 0.03, 0.01]
    plain = np.mean(differences) / math.sqrt(np.var(differences, ddof=1) / 5)
    expected = plain * math.sqrt((1 / 5) / (1 / 5 + 1 / 4))
    assert corrected_t(differences, 0.25) == pytest.approx(expected)


@pytest.mark.parametrize(("difference", "t"), [(0.0, 0.0), (0.1, math.inf), (-0.1, -math.inf)])
def test_differences_without_variance_have_a_t_as_well(difference: float, t: float) -> None:
    assert corrected_t([difference] * 5, 0.25) == t


def test_the_scorecard_is_kept_when_another_wins_by_chance_only() -> None:
    found = compare(spline=BASE, trees=[0.40, 0.425, 0.39, 0.435, 0.40])
    assert (found.chosen, found.best, found.kept) == ("spline", "trees", "spline")
    assert found.cost == pytest.approx(0.005)
    assert "the choice costs 0.00500 of log loss against trees" in " ".join(found.sentences())


def test_a_family_that_wins_in_every_fold_is_chosen() -> None:
    found = compare(spline=BASE, trees=[loss - 0.02 - loss / 1000 for loss in BASE])
    assert (found.chosen, found.cost) == ("trees", 0.0)
    text = " ".join(found.sentences())
    assert "trees: log loss 0.02042 less than spline" in text
    assert "chosen: trees, which beats spline with t =" in text
    assert "costs nothing" in text


def test_of_two_winners_the_lower_loss_is_chosen() -> None:
    trees = [loss - 0.02 - loss / 1000 for loss in BASE]
    blend = [loss - 0.03 - loss / 1000 for loss in BASE]
    assert compare(linear=BASE, trees=trees, blend=blend).chosen == "blend"


def test_a_family_that_is_worse_says_more() -> None:
    found = compare(spline=BASE, linear=[loss + 0.01 for loss in BASE])
    assert found.chosen == "spline"
    assert "linear: log loss 0.01000 more than spline" in next(found.sentences())


def test_without_a_scorecard_the_first_family_is_the_one_to_beat() -> None:
    assert compare(trees=BASE, blend=BASE).kept == "trees"


def test_pairs_that_clearly_win_are_the_scorecard_that_others_must_beat() -> None:
    paired = [loss - 0.02 - loss / 1000 for loss in BASE]
    trees = [0.38, 0.405, 0.37, 0.415, 0.38]
    found = compare(spline=BASE, pairs=paired, trees=trees)
    assert (found.kept, found.chosen, found.best) == ("pairs", "pairs", "trees")
    text = " ".join(found.sentences())
    assert "chosen: pairs, a scorecard that beats spline with t =" in text


def test_pairs_that_win_by_chance_leave_the_spline() -> None:
    found = compare(spline=BASE, pairs=[0.40, 0.425, 0.39, 0.435, 0.40])
    assert (found.kept, found.chosen) == ("spline", "spline")
    assert compare(pairs=BASE, trees=BASE).chosen == "pairs"
