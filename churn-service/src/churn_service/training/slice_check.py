"""Is a candidate worse, or simply wrong, for one kind of customers?"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import Field
from churn_service.artefact.verdict import Check
from churn_service.training.calibration_check import miss_of
from churn_service.training.contest import Contest
from churn_service.training.paired import Floats, log_losses

SLICE_ROWS, SLICE_MARGIN, SLICE_T = 200, 0.01, 3.0
# four standard errors, and an eighth for what four times as many rows of training leave open
MISS_MARGIN, MISS_Z = 0.05, 4.5
_QUARTERS = (0.25, 0.5, 0.75)

Mask = NDArray[np.bool_]


def check_slices(contest: Contest) -> Check:
    """Look at each level and each quarter of a number: clearly worse, or clearly wrong?"""
    slices = [
        (name, inside)
        for index, field in enumerate(contest.schema.features)
        for name, inside in _slices(field, [each.values[index] for each in contest.customers])
        if inside.sum() >= SLICE_ROWS
    ]
    found = [*_worse(contest, slices), *_wrong(contest, slices)]
    return Check(
        name="slices",
        passed=not found,
        found="; ".join(found) or f"none of {len(slices)} is clearly worse off, or wrong",
        limit=f"in each level or quarter of {SLICE_ROWS} rows or more log loss up by at most "
        f"{SLICE_MARGIN:g} at t <= {SLICE_T:g}; the mean not off by {100 * MISS_MARGIN:g} points "
        f"at z > {MISS_Z:g}, or nearer than the champion's",
    )


def _slices(field: Field, values: list[float | str | None]) -> Iterator[tuple[str, Mask]]:
    """Yield the name and the rows of every kind of customers by one field."""
    if field.kind == "number":
        yield from _quarters(field.name, np.array(values, dtype=np.float64))  # None is NaN
    else:
        given = np.array(values, dtype=object)
        yield from ((f"{field.name} = {level}", given == level) for level in field.levels)


def _quarters(name: str, values: Floats) -> Iterator[tuple[str, Mask]]:
    known = values[~np.isnan(values)]
    inner = np.unique(np.quantile(known, _QUARTERS)).tolist() if known.size else []
    edges = [-np.inf, *inner, np.inf]
    for low, high in pairwise(edges):
        words = f"{name} above {low:g}" if high == np.inf else f"{name} up to {high:g}"
        yield words, (values > low) & (values <= high)


def _worse(contest: Contest, slices: list[tuple[str, Mask]]) -> Iterator[str]:
    """Name the slices in which the candidate is clearly worse than the champion."""
    each = log_losses(contest.churned, contest.candidate) - log_losses(
        contest.churned, contest.champion
    )
    for name, inside in slices:
        mean, error = _mean_and_error(each[inside], contest.weights[inside])
        if mean > SLICE_MARGIN and mean > SLICE_T * error:
            yield f"{name}: {mean:+.4f} on {inside.sum()} rows"


def _wrong(contest: Contest, slices: list[tuple[str, Mask]]) -> Iterator[str]:
    """Name the slices whose mean is clearly wrong, unless the champion's is further off."""
    for name, inside in slices:
        rows = contest.churned[inside], contest.weights[inside]
        ours, theirs = (
            miss_of(rows[0], scores[inside], rows[1])
            for scores in (contest.candidate, contest.champion)
        )
        off = abs(ours.gap)
        if off > MISS_MARGIN and off > MISS_Z * ours.error and off >= abs(theirs.gap):
            yield f"{name}: mean off by {100 * ours.gap:+.1f} points on {inside.sum()} rows"


def _mean_and_error(values: Floats, weights: Floats) -> tuple[float, float]:
    """Return the weighted mean and its standard error."""
    mean = float(np.average(values, weights=weights))
    spread = float(np.sqrt((weights**2 @ (values - mean) ** 2) * len(values) / (len(values) - 1)))
    return mean, spread / float(weights.sum())
