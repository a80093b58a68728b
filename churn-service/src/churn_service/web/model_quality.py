"""What the page says about quality: as tested, as expected now, as it came true."""

from typing import NamedTuple

from churn_service.artefact.document import TrainingFacts
from churn_service.artefact.reference import CalibrationBin
from churn_service.monitoring.drift import DriftReport
from churn_service.monitoring.matured import UNTOUCHED, Cohort
from churn_service.monitoring.saved import FRESH_DAYS, NOT_MEASURED, PerformanceRecord

_METRICS = (
    ("auc", "AUC", "a leaver scores above a stayer this often; .5 is chance, 1 is perfect"),
    ("log_loss", "Log loss", "how surprised the model is by what happened; lower is better"),
    ("brier", "Brier score", "mean squared error of the probability; lower is better"),
    ("lift_at_10", "Lift at 10 %", "leavers in the top tenth, over a random tenth"),
)


class Figure(NamedTuple):
    """A metric with its meaning, as trained and as expected now."""

    label: str
    meaning: str
    trained: float | None
    expected: float | None


class MaturedView(NamedTuple):
    """Known outcomes by cohort, the newest first; `missing` says why there are none.

    `judged` cohorts are those that no campaign has touched, `broken` of them left
    otherwise than promised.
    """

    missing: str = ""
    day: str = ""
    age_days: int = 0
    is_old: bool = False
    horizon_days: int = 0
    cohorts: tuple[Cohort, ...] = ()
    judged: int = 0
    broken: int = 0
    left_out: int = 0


def figures_of(
    metrics: object, training: TrainingFacts, report: DriftReport | None
) -> tuple[Figure, ...]:
    """Return each metric on the test part, and what is expected of the window."""
    expected = report.expected if report else None
    rate = Figure(
        "Churn rate",
        "share of customers who leave; beside it, that of the training rows",
        training.churned / training.rows,
        expected.churn_rate if expected else None,
    )
    found = (
        Figure(label, meaning, metric_of(metrics, name), getattr(expected, name, None))
        for name, label, meaning in _METRICS
    )
    return (*(figure for figure in found if figure.trained is not None), rate)


def matured_view(record: PerformanceRecord, version: str) -> MaturedView:
    """Return what was measured of a version, and of which day that is."""
    saved = record.of(version)
    if saved is None:
        return MaturedView(missing=NOT_MEASURED)
    age = record.age_days(saved)
    return MaturedView(
        day=saved.as_of.isoformat(),
        age_days=age,
        is_old=age > FRESH_DAYS,
        horizon_days=saved.horizon_days,
        cohorts=saved.cohorts[::-1],
        judged=sum(cohort.group in UNTOUCHED for cohort in saved.cohorts),
        broken=sum(cohort.is_broken for cohort in saved.cohorts),
        left_out=saved.not_matured + saved.unknown + saved.without_score + saved.other_versions,
    )


def calibration_rows(bins: tuple[CalibrationBin, ...]) -> tuple[tuple[int, float, float], ...]:
    """Return customers, predicted and observed churn rate of each bin."""
    return tuple((item.rows, item.expected, item.churned / item.rows) for item in bins)


def metric_of(metrics: object, name: str) -> float | None:
    """Return a metric of the test part; artefacts may hold more, or less."""
    test = metrics.get("test", metrics) if isinstance(metrics, dict) else {}
    value = test.get(name) if isinstance(test, dict) else None
    return float(value) if isinstance(value, int | float) else None
