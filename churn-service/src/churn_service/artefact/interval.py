"""How sure a probability is: a small table of bands of the logit."""

import math
from collections.abc import Iterator

import msgspec

from churn_service.artefact.rules import ascend, broken


class IntervalTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to add to a calibrated logit for the lower and upper end.

    Measured on customers that the scoring model had not learned from. Band i
    holds the calibrated logits of ``i = bisect_right(edges, logit)``.

    Attributes:
        level: Share of bands whose churn rate lies inside, in the long run.
        edges: Calibrated logits that part the bands.
        lower: What to add for the lower end, one per band; not above zero.
        upper: What to add for the upper end, one per band; not below zero.
    """

    level: float
    edges: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


def interval_problems(table: IntervalTable) -> Iterator[str]:
    """Yield what does not make sense in a table of intervals."""
    bands = len(table.edges) + 1
    numbers = (*table.edges, *table.lower, *table.upper)
    yield from broken((
        (
            len(table.lower) == len(table.upper) == bands,
            "the table of intervals has not one band more than edges",
        ),
        (
            all(map(math.isfinite, numbers)),
            "a number of the table of intervals is not finite",
        ),
        (
            ascend(table.edges),
            "the edges of the intervals do not ascend",
        ),
        (
            max(table.lower, default=0) <= 0 <= min(table.upper, default=0),
            "an interval does not hold its own probability",
        ),
        (
            0 < table.level < 1,
            f"the level {table.level} of the intervals is not between 0 and 1",
        ),
    ))
