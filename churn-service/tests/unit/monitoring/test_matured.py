"""Performance on known outcomes, by cohort."""

from datetime import date, timedelta

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from churn_service.monitoring.matured import (
    ScoredOutcome,
    auc,
    matured_performance,
    period_of,
)

AS_OF = date(2026, 6, 30)


def outcomes(
    day: date, count: int, *, seed: int, shift: float = 0.0, group: str = ""
) -> list[ScoredOutcome]:
    random = np.random.default_rng(seed)
    scores = random.beta(1, 3, size=count)
    churned = random.random(count) < np.clip(scores + shift, 0, 1)
    return [
        ScoredOutcome(score, day, bool(left), group)
        for score, left in zip(scores.tolist(), churned.tolist(), strict=True)
    ]


def test_a_cohort_is_measured_as_scikit_learn_does() -> None:
    given = outcomes(date(2026, 3, 5), 500, seed=1)
    (cohort,) = matured_performance(given, as_of=AS_OF, horizon_days=30).cohorts
    churned, scores = [item.churned for item in given], [item.score for item in given]
    assert (cohort.period, cohort.rows, cohort.churned) == ("2026-03", 500, sum(map(bool, churned)))
    assert cohort.auc == pytest.approx(roc_auc_score(churned, scores))
    assert cohort.log_loss == pytest.approx(log_loss(churned, scores))
    assert cohort.brier == pytest.approx(brier_score_loss(churned, scores))
    assert cohort.verdict == "as promised"


@pytest.mark.parametrize(
    ("shift", "verdict"), [(0.1, "more left than promised"), (-0.1, "fewer left than promised")]
)
def test_a_change_of_behaviour_is_seen_in_its_cohort(shift: float, verdict: str) -> None:
    before = outcomes(date(2026, 3, 5), 1000, seed=2)
    after = outcomes(date(2026, 4, 5), 1000, seed=3, shift=shift)
    found = matured_performance([*after, *before], as_of=AS_OF, horizon_days=30)
    assert [cohort.verdict for cohort in found.cohorts] == ["as promised", verdict]


def test_young_customers_wait_even_when_they_have_left() -> None:
    young = [ScoredOutcome(0.9, AS_OF - timedelta(days=29), churned=True)]
    old = [ScoredOutcome(0.9, AS_OF - timedelta(days=30), churned=True)]
    unknown = [ScoredOutcome(0.9, AS_OF - timedelta(days=90), churned=None)]
    found = matured_performance(young + old + unknown, as_of=AS_OF, horizon_days=30)
    assert [cohort.rows for cohort in found.cohorts] == [1]
    assert (found.not_matured, found.unknown) == (1, 1)


def test_contacted_customers_are_kept_apart() -> None:
    day = date(2026, 3, 5)
    given = outcomes(day, 20, seed=4, group="none") + outcomes(day, 30, seed=5, group="discount")
    found = matured_performance(given, as_of=AS_OF, horizon_days=30)
    assert [(cohort.group, cohort.rows) for cohort in found.cohorts] == [
        ("discount", 30),
        ("none", 20),
    ]


def test_a_calibrated_model_is_seldom_called_wrong() -> None:
    days = [date(2020 + index // 12, 1 + index % 12, 1) for index in range(60)]
    given = [item for index, day in enumerate(days) for item in outcomes(day, 200, seed=index)]
    found = matured_performance(given, as_of=AS_OF, horizon_days=30)
    assert all(cohort.holds for cohort in found.cohorts)


def test_certain_scores_that_were_wrong_have_a_finite_loss() -> None:
    given = [ScoredOutcome(1.0, date(2026, 1, 1), churned=False)]
    (cohort,) = matured_performance(given, as_of=AS_OF, horizon_days=30).cohorts
    assert cohort.auc is None
    assert 30 < cohort.log_loss < 40
    assert not cohort.holds


def test_ties_count_half() -> None:
    assert auc([0.5, 0.5, 0.7], [True, False, True]) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("period", "name"),
    [("week", "2026-W01"), ("month", "2025-12"), ("quarter", "2025-Q4"), ("year", "2025")],
)
def test_periods_have_names_that_sort(period: str, name: str) -> None:
    assert period_of(date(2025, 12, 31), period) == name  # type: ignore[arg-type]  # a parameter


def test_no_outcomes_make_no_cohorts() -> None:
    assert matured_performance([], as_of=AS_OF, horizon_days=30).cohorts == ()
