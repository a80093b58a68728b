"""Write down what the training rows looked like, for the watch over served customers."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.reference import (
    SCORE,
    BinnedField,
    CalibrationBin,
    NullMoments,
    Reference,
)
from churn_service.monitoring.stability import coarse_bins, counts_of
from churn_service.training.dataset import Dataset, Labels
from churn_service.training.split import Split

BINS = 10
# Below 500 rows thresholds are resampled; training does it, since serving has no numpy.
SMALL_WINDOWS = (100, 150, 250, 400)
_RESAMPLES = 20_000
_SEED = 42
_HALF = 0.5
_DIGITS = 6

Floats = NDArray[np.float64]


def build_reference(
    dataset: Dataset, split: Split, schema: CustomerSchema, test_scores: Floats
) -> Reference:
    """Count the rows of the fit per field, and the scores of the test part.

    Args:
        dataset: Customers with known outcome.
        split: Which rows were fitted, and which are the test part.
        schema: The schema of the model, with its training ranges.
        test_scores: The calibrated probability of each row of the test part.
    """
    random = np.random.default_rng(_SEED)
    fit = [dataset.customers[row].values for row in split.fit]
    fields = [
        _binned(field, [values[index] for values in fit])
        for index, field in enumerate(schema.features)
    ]
    score = _numbers(SCORE, test_scores.tolist(), 0.0, 1.0)
    return Reference(
        fields=tuple(_with_null(binned, random) for binned in fields),
        score=_with_null(score, random),
        calibration=calibration_bins(test_scores, dataset.churned[split.test]),
    )


def calibration_bins(scores: Floats, churned: Labels) -> tuple[CalibrationBin, ...]:
    """Return ten bins of equal size with the expected and the observed churn."""
    order = np.argsort(scores, kind="stable")
    return tuple(
        CalibrationBin(
            rows=len(part),
            expected=round(float(scores[part].mean()), _DIGITS),
            churned=int(churned[part].sum()),
        )
        for part in np.array_split(order, BINS)
        if len(part)
    )


def resampled_moments(binned: BinnedField, rows: int, random: np.random.Generator) -> NullMoments:
    """Return the moments of PSI / (1/rows + 1/m) when nothing has drifted.

    Both the window and the reference are drawn anew, 20,000 times, from the
    shares of the reference, in the bins that a window of `rows` is judged in.
    """
    counts = counts_of(coarse_bins(binned, rows), binned.counts)
    shares = np.array([count for count in counts if count], dtype=float)
    psis = resampled_psi(shares / shares.sum(), rows, binned.rows, _RESAMPLES, random)
    scaled = psis / (1 / rows + 1 / binned.rows)
    mean, deviation = scaled.mean(), scaled.std()
    third = ((scaled - mean) ** 3).mean()
    return NullMoments(
        rows=rows,
        mean=round(float(mean), _DIGITS),
        deviation=round(float(deviation), _DIGITS),
        skewness=round(float(third / deviation**3), _DIGITS) if deviation else 0.0,
    )


def resampled_psi(
    shares: Floats, rows: int, reference_rows: int, times: int, random: np.random.Generator
) -> Floats:
    """Draw windows and references from the same shares; return their PSIs."""
    window = random.multinomial(rows, shares, size=times) + _HALF
    reference = random.multinomial(reference_rows, shares, size=times) + _HALF
    here = window / window.sum(axis=1, keepdims=True)
    there = reference / reference.sum(axis=1, keepdims=True)
    psis: Floats = ((here - there) * np.log(here / there)).sum(axis=1)
    return psis


def _binned(field: Field, column: list[Any]) -> BinnedField:
    if field.kind == "number":
        return _numbers(field.name, column, field.lowest, field.highest)
    places = {level: index for index, level in enumerate(field.levels)}
    counts = [0] * (len(field.levels) + 2)
    for value, times in Counter(column).items():
        counts[-1 if value is None else places.get(value, len(field.levels))] += times
    return BinnedField(field=field.name, levels=field.levels, counts=tuple(counts))


def _numbers(
    name: str, column: Iterable[float | None], lowest: float | None, highest: float | None
) -> BinnedField:
    given = [value for value in column if value is not None]
    values = np.array(given, dtype=float)
    edges = _edges(values, lowest, highest)
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 2)
    counts[-1] = sum(value is None for value in column)
    return BinnedField(
        field=name, edges=tuple(edges.tolist()), counts=tuple(int(count) for count in counts)
    )


def _edges(values: Floats, lowest: float | None, highest: float | None) -> Floats:
    """Return the ends of the training range and up to nine quantiles between them."""
    low = float(values.min(initial=np.inf)) if lowest is None else lowest
    high = float(values.max(initial=-np.inf)) if highest is None else highest
    if not low <= high:  # a column without any number
        low = high = 0.0
    shares = np.arange(1, BINS) / BINS
    inner = np.quantile(values, shares, method="inverted_cdf") if len(values) else np.empty(0)
    inner = inner[(inner > low) & (inner <= high)]
    # The top edge is just above the highest value, which belongs to the range.
    return np.unique([low, *inner, np.nextafter(high, np.inf)])


def _with_null(binned: BinnedField, random: np.random.Generator) -> BinnedField:
    null = tuple(resampled_moments(binned, rows, random) for rows in SMALL_WINDOWS)
    return BinnedField(
        field=binned.field,
        counts=binned.counts,
        levels=binned.levels,
        edges=binned.edges,
        null=null,
    )
