"""Judge counts of served customers against the reference, field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from churn_service.artefact.reference import BinnedField, Reference
from churn_service.monitoring.counts import ServedCounts
from churn_service.monitoring.estimate import (
    BLIND_SPOT,
    ExpectedPerformance,
    expected_performance,
)
from churn_service.monitoring.stability import FEWEST_ROWS, field_psi, psi_threshold

PROMISE = 0.01
TOO_FEW = f"too few customers: a verdict needs {FEWEST_ROWS}"


@dataclass(frozen=True, kw_only=True)
class FieldDrift:
    """One field or the score, compared with its reference.

    Shares are of the window. `drifted` is None when there are too few
    customers to tell. `bins` has a label, the share in the reference and the
    share in the window, per bin.
    """

    field: str
    psi: float
    threshold: float | None
    drifted: bool | None
    unseen: float
    missing: float
    reference_missing: float
    below_range: float
    above_range: float
    bins: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """A window of served customers, judged.

    Attributes:
        rows: Customers in the window.
        alarm_rate: The promised share of weeks without drift that raise any alarm.
        tail: The chance of a false alarm that each single test is given.
        verdict: In words.
        fields: The features in the order of the schema, then the score.
        expected: Expected performance of the window.
        blind_spot: What the expectation cannot see.
    """

    rows: int
    alarm_rate: float
    tail: float
    verdict: str
    fields: tuple[FieldDrift, ...]
    expected: ExpectedPerformance | None
    blind_spot: str = BLIND_SPOT

    @property
    def drifted(self) -> tuple[str, ...]:
        """Return the names of what has drifted."""
        return tuple(field.field for field in self.fields if field.drifted)

    def facts(self) -> dict[str, object]:
        """Return the report ready for JSON."""
        facts = msgspec.to_builtins(self)
        return {**facts, "drifted": list(self.drifted)}


def single_tail(reference: Reference, windows_per_week: float, promise: float = PROMISE) -> float:
    """Return the false-alarm chance of each test that keeps the promise for a week."""
    return promise / (len(reference.tests) * max(1.0, windows_per_week))


def judge(
    reference: Reference,
    counts: ServedCounts,
    *,
    windows_per_week: float,
    promise: float = PROMISE,
) -> DriftReport:
    """Compare counts of a version with its reference, test by test."""
    tail = single_tail(reference, windows_per_week, promise)
    pairs = zip(reference.tests, counts.bins, strict=True)
    fields = tuple(_judged(binned, window, tail) for binned, window in pairs)
    return DriftReport(
        rows=counts.rows,
        alarm_rate=promise,
        tail=tail,
        verdict=_verdict(counts.rows, [field.field for field in fields if field.drifted]),
        fields=fields,
        expected=expected_performance(counts.scores),
    )


def bin_labels(binned: BinnedField) -> tuple[str, ...]:
    """Return the bins of a field in words."""
    if not binned.edges:
        return (*binned.levels, "unseen", "missing")
    edges = [f"{edge:.6g}" for edge in binned.edges]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return (f"below {edges[0]}", *between, f"above {edges[-1]}", "missing")


def _judged(binned: BinnedField, window: Sequence[int], tail: float) -> FieldDrift:
    rows = sum(window)
    value, bins = field_psi(binned, window)
    known = rows >= FEWEST_ROWS
    threshold = psi_threshold(binned, rows, bins, tail) if known and bins > 1 else None
    shares = [count / max(1, rows) for count in window]
    known_shares = [count / binned.rows for count in binned.counts]
    unseen, below, above = _odd_shares(binned, shares)
    return FieldDrift(
        field=binned.field,
        psi=value,
        threshold=threshold,
        drifted=None if not known else threshold is not None and value > threshold,
        unseen=unseen,
        missing=shares[-1],
        reference_missing=known_shares[-1],
        below_range=below,
        above_range=above,
        bins=tuple(zip(bin_labels(binned), known_shares, shares, strict=True)),
    )


def _odd_shares(binned: BinnedField, shares: Sequence[float]) -> tuple[float, float, float]:
    """Return the shares of unseen levels, and of numbers below and above the range."""
    return (0.0, shares[0], shares[-2]) if binned.edges else (shares[-2], 0.0, 0.0)


def _verdict(rows: int, drifted: list[str]) -> str:
    if rows < FEWEST_ROWS:
        return TOO_FEW
    if not drifted:
        return "no drift: the customers look like those of training"
    names = ", ".join(drifted)
    return f"drift in {names}: the customers no longer look like those of training"
