"""The histogram: what Prometheus expects, and the same as its own client library."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client import Histogram as LibraryHistogram

from service_kit.histogram import Histogram

BOUNDS = (0.5, 1.0, 2.5)
VALUES = (0.1, 0.5, 0.7, 1.0, 2.5, 3.0, 99.0)


def text_of(collector: Histogram) -> str:
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry).decode()


def test_its_text_is_that_of_the_library() -> None:
    ours = Histogram("wait_seconds", "Waits.", ["kind"], BOUNDS)
    registry = CollectorRegistry()
    library = LibraryHistogram(
        "wait_seconds", "Waits.", ["kind"], registry=registry, buckets=BOUNDS
    )
    for value in VALUES:
        ours.labels("tea").observe(value)
        library.labels("tea").observe(value)
    theirs = generate_latest(registry).decode().splitlines()
    assert text_of(ours).splitlines() == [line for line in theirs if "_created" not in line]


def test_many_values_at_once_count_like_one_by_one() -> None:
    one, many = (Histogram("wait_seconds", "Waits.", [], BOUNDS) for _ in range(2))
    for value in VALUES:
        one.observe(value)
    many.labels().observe_all(VALUES)
    assert text_of(one) == text_of(many)


def test_a_series_without_labels_is_there_before_the_first_value() -> None:
    assert "wait_seconds_count 0.0" in text_of(Histogram("wait_seconds", "Waits.", [], BOUNDS))


def test_a_name_is_taken_once() -> None:
    registry = CollectorRegistry()
    registry.register(Histogram("wait_seconds", "Waits.", ["kind"], BOUNDS))
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(Histogram("wait_seconds", "Waits.", ["kind"], BOUNDS))
