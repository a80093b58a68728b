"""Cut customers into named groups: by level, or by quarters of a number."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from churn_contract.schema import Field
from churn_service.training.report.judged import Flags, Judged, level_title

MOST_LEVELS = 30


@dataclass(frozen=True)
class Group:
    """Customers that share a level, or a quarter of a number's range."""

    field: Field
    name: str
    rows: Flags


def groups_of(judged: Judged, field: Field, parts: int = 4) -> Iterator[Group]:
    """Yield the groups of a field; those of a number hold about equally many."""
    column = judged.matrix[:, judged.schema.features.index(field)]
    if field.kind == "number":
        yield from _quantile_groups(field, column.astype(np.float64), parts)
        return
    for level in [*field.levels[:MOST_LEVELS], *([""] if field.nullable else [])]:
        yield Group(field, level_title(field, level), column == level)


def _quantile_groups(field: Field, numbers: np.ndarray, parts: int) -> Iterator[Group]:
    missing = np.isnan(numbers)
    present = numbers[~missing]
    if present.size:
        edges = np.unique(np.quantile(present, np.linspace(0, 1, parts + 1)))
        places = np.searchsorted(edges[1:-1], numbers, side="right")
        for place in range(max(1, len(edges) - 1)):
            inside = ~missing & (places == place)
            if inside.any():
                low, high = numbers[inside].min(), numbers[inside].max()
                yield Group(field, f"{low:,.6g} to {high:,.6g}", inside)
    if missing.any():
        yield Group(field, "missing", missing)
