"""What calls to other services cost, as metrics."""

from marketing_service.http_limits import Breaker
from service_kit.metrics import Metrics


class UpstreamMetrics:
    """Seconds per attempt by result, and whether the breaker is open.

    Args:
        metrics: The process's metrics.
        upstream: Name of the other service; a label.
    """

    def __init__(self, metrics: Metrics, upstream: str) -> None:
        self._upstream = upstream
        self._seconds = metrics.histogram(
            "marketing_upstream_seconds", "Time of calls to others.", ["upstream", "result"]
        )
        self._open = metrics.gauge(
            "marketing_breaker_open", "1 while an upstream is left alone.", ["upstream"]
        )

    def observe(self, result: str, seconds: float) -> None:
        """Count one attempt."""
        self._seconds.labels(self._upstream, result).observe(seconds)

    def watch(self, breaker: Breaker) -> None:
        """Show the breaker's state whenever metrics are read."""
        self._open.labels(self._upstream).set_function(lambda: float(breaker.is_open))
