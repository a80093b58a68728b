"""The watch as metrics; labels are the fields and bins of the served schema."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from churn_service.monitoring.drift import DriftReport, bin_labels
from churn_service.monitoring.watch import ModelWatch, Watched
from churn_service.monitoring.windows import Windows


class WatchCollector(Collector):
    """Renders the watch over the champion at each scrape."""

    def __init__(self, watch: ModelWatch, champion: Callable[[], Watched | None]) -> None:
        self._watch = watch
        self._champion = champion

    def describe(self) -> Iterable[Metric]:
        """Name nothing in advance: bins and fields are those of the champion."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield bins, windows and the last verdict; nothing without a champion."""
        watched = self._champion()
        windows = self._watch.windows(watched) if watched else None
        if windows is None:
            return
        yield _bins(windows)
        yield _windows(windows)
        yield GaugeMetricFamily(
            "churn_drift_window_rows",
            "Customers in the window that is open now.",
            value=windows.running.rows,
        )
        report = self._watch.closed(windows)
        if report:
            yield from _verdict(report)


def _bins(windows: Windows) -> Metric:
    family = CounterMetricFamily(
        "churn_served_bin",
        "Customers scored, by the reference's bin of each field and of the score.",
        labels=["model_version", "field", "bin"],
    )
    for binned, counts in zip(windows.reference.tests, windows.total.bins, strict=True):
        for label, count in zip(bin_labels(binned), counts, strict=True):
            family.add_metric([windows.total.model_version, binned.field, label], count)
    return family


def _windows(windows: Windows) -> Metric:
    return CounterMetricFamily(
        "churn_drift_windows",
        "Windows that have closed and were judged.",
        value=windows.closed_total,
    )


def _verdict(report: DriftReport) -> Iterator[Metric]:
    psi = GaugeMetricFamily(
        "churn_drift_psi", "PSI of a field in the last closed window.", labels=["field"]
    )
    threshold = GaugeMetricFamily(
        "churn_drift_threshold", "PSI above which the field has drifted.", labels=["field"]
    )
    alarm = GaugeMetricFamily(
        "churn_drift_alarm", "1 for a field that drifted in the last window.", labels=["field"]
    )
    for field in report.fields:
        psi.add_metric([field.field], field.psi)
        alarm.add_metric([field.field], float(bool(field.drifted)))
        if field.threshold is not None:
            threshold.add_metric([field.field], field.threshold)
    yield from (psi, threshold, alarm)
    if report.expected:
        yield _expected(asdict(report.expected))


def _expected(figures: dict[str, float | None]) -> Metric:
    family = GaugeMetricFamily(
        "churn_expected_performance",
        "Performance expected of the last window from its probabilities, without outcomes.",
        labels=["figure"],
    )
    for figure, value in figures.items():
        if value is not None:
            family.add_metric([figure], value)
    return family
