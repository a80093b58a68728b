"""Patterns of missing values: columns that lack together, and what lacking tells."""

from collections.abc import Iterator, Sequence

import numpy as np

from churn_service.training.coding import MISSING, CodedColumn
from churn_service.training.dataset import Labels
from churn_service.training.findings import Finding, finding

FEWEST_ROWS = 10
_ERRORS = 4.0


def find_missing_patterns(columns: Sequence[CodedColumn], churned: Labels) -> list[Finding]:
    """Return which columns are missing together, and where missing goes with churn."""
    lacking = [column for column in columns if (column.codes == MISSING).any()]
    return [*_together(lacking), *_telling(lacking, churned)]


def _together(columns: Sequence[CodedColumn]) -> Iterator[Finding]:
    groups: dict[bytes, list[CodedColumn]] = {}
    for column in columns:
        groups.setdefault(np.packbits(column.codes == MISSING).tobytes(), []).append(column)
    for group in groups.values():
        rows = int((group[0].codes == MISSING).sum())
        if len(group) > 1 and rows >= FEWEST_ROWS:
            names = ", ".join(column.name for column in group)
            yield finding("missing-together", "", f"{names} are missing in the same {rows} rows")


def _telling(columns: Sequence[CodedColumn], churned: Labels) -> Iterator[Finding]:
    for column in columns:
        missing = column.codes == MISSING
        rows, rest = int(missing.sum()), int((~missing).sum())
        if rows < FEWEST_ROWS or not rest:
            continue
        rate, other = churned[missing].mean(), churned[~missing].mean()
        overall = churned.mean()
        error = np.sqrt(overall * (1 - overall) * (1 / rows + 1 / rest))
        if abs(rate - other) > _ERRORS * error:
            text = f"{rate:.1%} left where it is missing, {other:.1%} where it is not"
            yield finding("missing-tells", column.name, text)
