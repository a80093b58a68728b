"""Metrics: counters, histograms and gauges of one process, in Prometheus' text format."""

from collections.abc import Callable, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from service_kit.histogram import Histogram

# From half a millisecond, one prediction, to ten seconds, a large batch.
SECONDS_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """A registry of its own, so that two apps in one process never share a counter.

    Labels must come from bounded sets; resolve children once where time matters.
    """

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # upstream lacks the type
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._hooks: list[Callable[[], None]] = []

    def counter(self, name: str, help_text: str, labels: Sequence[str] = ()) -> Counter:
        """Make a counter; `name` ends with `_total`."""
        return Counter(name, help_text, labels, registry=self.registry)

    def gauge(self, name: str, help_text: str, labels: Sequence[str] = ()) -> Gauge:
        """Make a gauge, a value that goes up and down."""
        return Gauge(name, help_text, labels, registry=self.registry)

    def histogram(
        self,
        name: str,
        help_text: str,
        labels: Sequence[str] = (),
        buckets: Sequence[float] = SECONDS_BUCKETS,
    ) -> Histogram:
        """Make a histogram; `name` ends with its unit, as `_seconds`."""
        made = Histogram(name, help_text, labels, buckets)
        self.registry.register(made)
        return made

    def before_render(self, hook: Callable[[], None]) -> None:
        """Call a function before metrics are written, as to count what was put off."""
        self._hooks.append(hook)

    def render(self) -> bytes:
        """Write every metric in Prometheus' text format."""
        for hook in self._hooks:
            hook()
        return generate_latest(self.registry)
