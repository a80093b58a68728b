import math

import pytest

from churn_loadtests.arrivals import IN_FLIGHT_ERROR, Sample
from churn_loadtests.measurements import Measurements, percentile


@pytest.mark.parametrize(
    ("share", "value"), [(0, 1), (0.5, 50), (0.95, 95), (0.99, 99), (0.999, 100), (1, 100)]
)
def test_percentiles_are_values_by_nearest_rank(share: float, value: float) -> None:
    assert percentile(range(1, 101), share) == value


def test_without_values_a_percentile_breaks_every_budget() -> None:
    assert percentile([], 0.5) == math.inf


def test_figures_tell_latency_errors_and_the_generators_own_state() -> None:
    measured = Measurements(due=100)
    measured.samples += [Sample(0.002, 0.010, 0.012, None)] * 88
    measured.samples += [Sample(0.004, 0.500, 0.504, "status 500")] * 2
    measured.samples += [Sample(0.003, None, None, IN_FLIGHT_ERROR)] * 8
    measured.cpu_ratio = 0.5
    assert measured.figures() == {
        "scheduled_p50_ms": pytest.approx(12),
        "scheduled_p95_ms": pytest.approx(12),
        "scheduled_p99_ms": pytest.approx(504),
        "scheduled_p999_ms": pytest.approx(504),
        "error_ratio": pytest.approx(10 / 98),
        "goodput_ratio": pytest.approx(0.88),
        "fired_ratio": pytest.approx(0.98),
        "generator_lag_p99_ms": pytest.approx(4),
        "generator_cpu_ratio": 0.5,
    }


def test_a_run_without_arrivals_has_only_errors() -> None:
    figures = Measurements(due=3).figures()
    assert figures["error_ratio"] == 1
    assert figures["fired_ratio"] == 0
    assert figures["scheduled_p50_ms"] == math.inf
