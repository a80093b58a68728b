"""Measured performance as metrics: the newest cohorts only, so that labels stay few."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from prometheus_client.core import GaugeMetricFamily, Metric

from churn_service.monitoring.matured import Cohort
from churn_service.monitoring.saved import SavedPerformance

MOST_COHORTS = 24
_FIGURES = ("rows", "churned", "expected", "auc", "log_loss", "brier", "deviation")
_LEFT_OUT = ("not_matured", "unknown", "without_score", "other_versions")


def matured_metrics(saved: SavedPerformance) -> Iterator[Metric]:
    """Yield the figures of the newest 24 cohorts, the day they are of, who was left out."""
    yield GaugeMetricFamily(
        "churn_matured_as_of_timestamp_seconds",
        "The day that the measured performance looks from; alert when it grows old.",
        value=datetime.combine(saved.as_of, time(), UTC).timestamp(),
    )
    performance = GaugeMetricFamily(
        "churn_matured_performance",
        "Performance on known outcomes, by cohort of the day of scoring.",
        labels=["period", "group", "figure"],
    )
    alarm = GaugeMetricFamily(
        "churn_matured_alarm",
        "1 for a cohort whose churn is not what was promised; contacted groups may well be.",
        labels=["period", "group"],
    )
    for cohort in saved.cohorts[-MOST_COHORTS:]:
        alarm.add_metric([cohort.period, cohort.group], float(not cohort.holds))
        for figure, value in _figures(cohort):
            performance.add_metric([cohort.period, cohort.group, figure], value)
    left_out = GaugeMetricFamily(
        "churn_matured_left_out", "Rows that were not measured, by reason.", labels=["reason"]
    )
    for reason in _LEFT_OUT:
        left_out.add_metric([reason], getattr(saved, reason))
    yield from (performance, alarm, left_out)


def _figures(cohort: Cohort) -> Iterator[tuple[str, float]]:
    for figure in _FIGURES:
        value = getattr(cohort, figure)
        if value is not None:
            yield figure, float(value)
