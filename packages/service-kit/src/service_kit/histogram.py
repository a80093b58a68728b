"""A histogram that costs little: children kept by their labels, many values in one go."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Series:
    """The values of one set of labels; safe between threads."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, value: float) -> None:
        """Count one value."""
        place = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[place] += 1
            self._sum += value

    def observe_all(self, values: Sequence[float]) -> None:
        """Count many values."""
        if len(values) == 1:
            self.observe(values[0])
            return
        places = Counter(map(partial(bisect_left, self._bounds), values))
        with self._lock:
            for place, times in places.items():
                self._counts[place] += times
            self._sum += sum(values)

    def read(self) -> tuple[list[tuple[str, float]], float]:
        """Return how many values are not above each bound, and the sum of all."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        names = [*map(floatToGoString, self._bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(counts)), strict=True)), total


class Histogram(Collector):
    """Series by label values; those without labels are there from the start."""

    def __init__(
        self, name: str, help_text: str, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        self._name = name
        self._help = help_text
        self._label_names = tuple(labels)
        self._bounds = tuple(bounds)
        self._series: dict[tuple[str, ...], Series] = {} if labels else {(): Series(self._bounds)}
        self._lock = threading.Lock()

    def labels(self, *values: str) -> Series:
        """Return the series of these label values; keep it where time matters."""
        found = self._series.get(values)
        if found is None:
            with self._lock:
                found = self._series.setdefault(values, Series(self._bounds))
        return found

    def observe(self, value: float) -> None:
        """Count one value of a histogram without labels."""
        self._series[()].observe(value)

    def describe(self) -> Iterator[Metric]:
        """Name the metric, so that no second one takes its name."""
        yield self._family()

    def collect(self) -> Iterator[Metric]:
        """Yield all series as one metric."""
        family = self._family()
        for values, series in list(self._series.items()):
            buckets, total = series.read()
            family.add_metric(values, buckets, total)
        yield family

    def _family(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(self._name, self._help, labels=self._label_names)
