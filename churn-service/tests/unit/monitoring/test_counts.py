"""Counting in fixed bins, and adding up."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from churn_service.artefact.reference import Reference
from churn_service.monitoring.counts import BinCounter, DifferentModelsError, ServedCounts

ROWS = [("basic", 20.0, 0.1), ("plus", 60.0, 0.9), (None, None, 0.5), ("gold", 19.0, 0.2)]


def counted(reference: Reference, answer: Any, version: str = "v1") -> ServedCounts:
    counter = BinCounter(version, reference)
    counts = counter.empty()
    counter.add(counts, *answer)
    return counts


def test_each_value_falls_into_its_bin(reference: Reference, answer: Callable[..., Any]) -> None:
    counts = counted(reference, answer([*ROWS, ("plus", 61.0, 1.0)]))
    assert counts.rows == 5
    assert counts.bins == [[1, 2, 1, 1], [1, 1, 0, 2, 1], [0, 2, 3, 0, 0]]


def test_many_customers_are_counted_as_few_are(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    many, few = counted(reference, answer(ROWS * 50)), counted(reference, answer(ROWS))
    assert many.bins == [[50 * count for count in bins] for bins in few.bins]
    cities = [(f"city {number % 40}", None, 0.5) for number in range(100)]
    assert counted(reference, answer([*cities, *ROWS])).bins[0] == [1, 1, 101, 1]
    assert many.scores.customers == [50 * count for count in few.scores.customers]


def test_certain_scores_add_no_expected_loss(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    counts = counted(reference, answer([("basic", 20.0, 0.0), ("basic", 20.0, 1.0)]))
    assert (counts.scores.log_loss, counts.scores.brier) == (0.0, 0.0)
    assert (counts.scores.customers[0], counts.scores.customers[-1]) == (1, 1)


def test_counts_of_replicas_add_up(reference: Reference, answer: Callable[..., Any]) -> None:
    together = counted(reference, answer(ROWS * 3))
    apart = counted(reference, answer(ROWS))
    apart.add(counted(reference, answer(ROWS * 2)))
    assert apart.rows == together.rows
    assert apart.bins == together.bins
    assert apart.scores.customers == together.scores.customers
    assert apart.scores.chances == pytest.approx(together.scores.chances)
    assert apart.scores.brier == pytest.approx(together.scores.brier)
    assert apart.scores.log_loss == pytest.approx(together.scores.log_loss)


def test_counts_survive_json(reference: Reference, answer: Callable[..., Any]) -> None:
    counts = counted(reference, answer(ROWS))
    again = msgspec.json.decode(msgspec.json.encode(counts), type=ServedCounts)
    assert again == counts


def test_counts_of_two_versions_do_not_add_up(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    counts = counted(reference, answer(ROWS))
    with pytest.raises(DifferentModelsError, match=r"v2 cannot be added to those of v1"):
        counts.add(counted(reference, answer(ROWS, "v2"), "v2"))


def test_nobody_counts_as_nothing(reference: Reference, answer: Callable[..., Any]) -> None:
    assert counted(reference, answer([])).rows == 0
