"""The figures of one run, exact: every sample is kept."""

import math
from collections.abc import Sequence

from churn_loadtests.arrivals import Sample

_PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999}


class Measurements:
    """Collect samples and turn them into the figures that budgets are about.

    Attributes:
        samples: One per arrival that was started or refused.
        cpu_ratio: Share of one core that the generator used.
    """

    def __init__(self, due: int) -> None:
        self.samples: list[Sample] = []
        self.cpu_ratio = 0.0
        self._due = due

    def figures(self) -> dict[str, float]:
        """Return every figure by its name in budgets.toml.

        Percentiles count every answer, good or bad, and are infinite without one.
        """
        good = sum(each.error is None for each in self.samples)
        lags = sorted(each.lag for each in self.samples)
        return self._latencies() | {
            "error_ratio": 1 - good / len(self.samples) if self.samples else 1.0,
            "goodput_ratio": good / self._due,
            "fired_ratio": len(self.samples) / self._due,
            "generator_lag_p99_ms": percentile(lags, 0.99) * 1000,
            "generator_cpu_ratio": self.cpu_ratio,
        }

    def _latencies(self) -> dict[str, float]:
        """Return the percentiles from the due moment, in milliseconds."""
        scheduled = sorted(each.scheduled for each in self.samples if each.scheduled is not None)
        return {
            f"scheduled_{name}_ms": percentile(scheduled, share) * 1000
            for name, share in _PERCENTILES.items()
        }


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted values; infinite without values."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.inf
