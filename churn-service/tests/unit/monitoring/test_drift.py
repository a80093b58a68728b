"""Verdicts in words, with the shares behind them."""

from collections.abc import Callable
from typing import Any

import pytest

from churn_service.artefact.reference import Reference
from churn_service.monitoring.counts import BinCounter, ServedCounts
from churn_service.monitoring.drift import TOO_FEW, judge, single_tail

USUAL = [
    *[("basic", 30.0, 0.2)] * 10,
    *[("basic", 50.0, 0.3)] * 2,
    *[("plus", 50.0, 0.3), ("plus", None, 0.3)],
    *[("plus", 50.0, 0.7)] * 6,
]


def counts_of(reference: Reference, answer: Any) -> ServedCounts:
    counter = BinCounter("v1", reference)
    counts = counter.empty()
    counter.add(counts, *answer)
    return counts


def test_customers_like_those_of_training_raise_no_alarm(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    report = judge(reference, counts_of(reference, answer(USUAL * 60)), windows_per_week=7)
    assert report.drifted == ()
    assert report.verdict.startswith("no drift")
    assert all(field.drifted is False for field in report.fields)


def test_a_field_that_has_changed_is_named(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    changed = [("plus", 30.0, 0.2), ("plus", 50.0, 0.7), ("basic", 50.0, 0.1)]
    report = judge(reference, counts_of(reference, answer(changed * 200)), windows_per_week=7)
    assert "plan" in report.drifted
    assert "drift in plan" in report.verdict
    plan = report.fields[0]
    assert plan.threshold is not None
    assert plan.psi > plan.threshold
    assert plan.bins[1] == ("plus", 0.4, pytest.approx(2 / 3))


def test_unseen_missing_and_out_of_range_values_are_counted(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    odd = [("gold", 10.0, 0.2), (None, 70.0, 0.2), ("plus", None, 0.2), ("plus", 30.0, 0.2)]
    plan, age, _ = judge(
        reference, counts_of(reference, answer(odd * 50)), windows_per_week=7
    ).fields
    assert (plan.unseen, plan.missing, plan.reference_missing) == (0.25, 0.25, 0.0)
    assert (age.below_range, age.above_range, age.missing) == (0.25, 0.25, 0.25)
    assert age.reference_missing == 0.05
    assert [label for label, _, _ in age.bins] == [
        "below 20", "20 to 40", "40 to 60", "above 60", "missing",
    ]  # fmt: skip


def test_a_handful_of_customers_gets_no_verdict(
    reference: Reference, answer: Callable[..., Any]
) -> None:
    report = judge(reference, counts_of(reference, answer(USUAL)), windows_per_week=7)
    assert report.verdict == TOO_FEW
    assert all(field.drifted is None and field.threshold is None for field in report.fields)
    assert report.facts()["drifted"] == []


def test_the_promise_is_shared_by_all_tests_of_a_week(reference: Reference) -> None:
    assert single_tail(reference, 7) == pytest.approx(0.01 / 21)
    assert single_tail(reference, 0.1) == pytest.approx(0.01 / 3)
