"""Does a candidate make it worse for one kind of customers?"""

from collections.abc import Iterator

import numpy as np

from churn_service.artefact.verdict import Check
from churn_service.training.contest import Contest
from churn_service.training.paired import Floats, log_losses

SLICE_ROWS, SLICE_MARGIN, SLICE_T = 200, 0.01, 3.0


def check_slices(contest: Contest) -> Check:
    """Look at each level with enough rows: is the candidate clearly worse there?"""
    each = log_losses(contest.churned, contest.candidate) - log_losses(
        contest.churned, contest.champion
    )
    worse = list(_worse_slices(contest, each))
    return Check(
        name="slices",
        passed=not worse,
        found="; ".join(worse) or "no level is clearly worse off",
        limit=f"log loss up by at most {SLICE_MARGIN:g} at t <= {SLICE_T:g} "
        f"in each level of {SLICE_ROWS} rows or more",
    )


def _worse_slices(contest: Contest, each: Floats) -> Iterator[str]:
    for index, field in enumerate(contest.schema.features):
        if field.kind not in {"category", "boolean"}:
            continue
        values = np.array([customer.values[index] for customer in contest.customers], dtype=object)
        for level in field.levels:
            inside = values == level
            rows = int(inside.sum())
            if rows < SLICE_ROWS:
                continue
            mean, error = _mean_and_error(each[inside], contest.weights[inside])
            if mean > SLICE_MARGIN and mean > SLICE_T * error:
                yield f"{field.name} = {level}: {mean:+.4f} on {rows} rows"


def _mean_and_error(values: Floats, weights: Floats) -> tuple[float, float]:
    """Return the weighted mean and its standard error."""
    mean = float(np.average(values, weights=weights))
    spread = float(np.sqrt((weights**2 @ (values - mean) ** 2) * len(values) / (len(values) - 1)))
    return mean, spread / float(weights.sum())
