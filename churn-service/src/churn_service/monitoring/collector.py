"""The watch as metrics; labels are the fields and bins of the served schema."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from churn_service.monitoring.drift import DriftReport, FieldDrift, bin_labels
from churn_service.monitoring.matured_metrics import matured_metrics
from churn_service.monitoring.saved import PerformanceRecord
from churn_service.monitoring.watch import ModelWatch, Watched
from churn_service.monitoring.windows import Windows

_ODD_SHARES = ("unseen", "missing", "reference_missing", "below_range", "above_range")
Samples = Iterable[tuple[Sequence[str], float]]


class WatchCollector(Collector):
    """Renders the watch over the champion at each scrape.

    Args:
        watch: Judges the served customers.
        champion: Gives the served version, None while there is none.
        record: What was measured on outcomes.
    """

    def __init__(
        self,
        watch: ModelWatch,
        champion: Callable[[], Watched | None],
        record: PerformanceRecord,
    ) -> None:
        self._watch = watch
        self._champion = champion
        self._record = record

    def describe(self) -> Iterable[Metric]:
        """Name nothing in advance: bins and fields are those of the champion."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield bins, windows, the last verdict and outcomes; nothing without a champion."""
        watched = self._champion()
        if watched is None:
            return
        windows = self._watch.windows(watched)
        yield GaugeMetricFamily(
            "churn_drift_watched",
            "1 when the champion has a reference to be watched against, else 0.",
            value=float(windows is not None),
        )
        if windows is not None:
            yield from self._drift(windows)
        saved = self._record.of(watched.version)
        if saved is not None:
            yield from matured_metrics(saved)

    def _drift(self, windows: Windows) -> Iterator[Metric]:
        yield from (_served_bins(windows), _reference_bins(windows))
        yield from _windows(windows)
        yield _gauge(
            "churn_drift_promise",
            "What the limits rest on: alarm rate, tests, windows.",
            ["figure"],
            (([name], float(value)) for name, value in self._watch.promise(windows).items()),
        )
        report = self._watch.closed(windows)
        if report:
            yield from _verdict(report)


def _served_bins(windows: Windows) -> Metric:
    family = CounterMetricFamily(
        "churn_served_bin",
        "Customers scored, by the reference's bin of each field and of the score.",
        labels=["model_version", "field", "bin"],
    )
    for labels, count in _bins(windows, windows.total.bins):
        family.add_metric(labels, count)
    return family


def _reference_bins(windows: Windows) -> Metric:
    return _gauge(
        "churn_reference_bin",
        "Customers of training in each bin; what the served bins are compared with.",
        ["model_version", "field", "bin"],
        _bins(windows, [binned.counts for binned in windows.reference.tests]),
    )


def _bins(windows: Windows, counts: Iterable[Sequence[int]]) -> Samples:
    for binned, row in zip(windows.reference.tests, counts, strict=True):
        for label, count in zip(bin_labels(binned), row, strict=True):
            yield [windows.total.model_version, binned.field, label], count


def _windows(windows: Windows) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "churn_drift_windows",
        "Windows that have closed and were judged.",
        value=windows.closed_total,
    )
    yield GaugeMetricFamily(
        "churn_drift_window_rows",
        "Customers in the window that is open now.",
        value=windows.running.rows,
    )
    yield GaugeMetricFamily(
        "churn_drift_window_seconds",
        "Age of the window that is open now.",
        value=windows.running_seconds,
    )


def _verdict(report: DriftReport) -> Iterator[Metric]:
    fields = report.fields
    yield GaugeMetricFamily(
        "churn_drift_judged_rows", "Customers in the last closed window.", value=report.rows
    )
    yield _by_field(fields, "psi", "PSI of a field in the last closed window.")
    yield _by_field(fields, "threshold", "PSI above which the field has drifted.")
    yield _gauge(
        "churn_drift_alarm",
        "1 for a field that drifted in the last window.",
        ["field"],
        (([field.field], float(bool(field.drifted))) for field in fields),
    )
    yield _gauge(
        "churn_drift_share",
        "Share of the last window: unseen levels, missing, outside the training range.",
        ["field", "kind"],
        (([field.field, kind], getattr(field, kind)) for field in fields for kind in _ODD_SHARES),
    )
    if report.expected:
        figures = asdict(report.expected).items()
        yield _gauge(
            "churn_expected_performance",
            "Performance expected of the last window from its probabilities, without outcomes.",
            ["figure"],
            (([figure], value) for figure, value in figures if value is not None),
        )


def _by_field(fields: Iterable[FieldDrift], figure: str, text: str) -> Metric:
    found = ((field.field, getattr(field, figure)) for field in fields)
    samples = (([name], value) for name, value in found if value is not None)
    return _gauge(f"churn_drift_{figure}", text, ["field"], samples)


def _gauge(name: str, text: str, labels: Sequence[str], samples: Samples) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
