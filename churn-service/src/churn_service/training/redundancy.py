"""Rows and columns that say the same twice."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from churn_contract.cells import Value
from churn_service.training.coding import CodedColumn
from churn_service.training.dataset import Labels
from churn_service.training.findings import Finding, finding

SAME_CORRELATION = 0.999
_MOST_ROWS = 100_000


def find_equal_rows(
    columns: Sequence[Sequence[Value]], churned: Labels, *, has_ids: bool
) -> list[Finding]:
    """Count customers that no column tells apart, and those with other outcomes."""
    rows = list(map(hash, zip(*columns, strict=True)))
    equal = len(rows) - len(set(rows))
    found = []
    if equal and not has_ids:
        text = f"{equal} rows repeat another row; they stay in one part of the split"
        found.append(finding("duplicate-rows", "", text))
    torn = _torn(rows, churned.tolist()) if equal else 0
    if torn:
        text = f"{torn} customers equal another one that had the other outcome"
        found.append(finding("conflicting-rows", "", text))
    return found


def _torn(rows: Sequence[int], churned: Sequence[int]) -> int:
    """Return how many rows equal another one with the other outcome."""
    outcomes: dict[int, set[int]] = {}
    for row, left in zip(rows, churned, strict=True):
        outcomes.setdefault(row, set()).add(left)
    return sum(len(outcomes[row]) > 1 for row in rows)


def find_copies(columns: Sequence[CodedColumn]) -> list[Finding]:
    """Return columns that say what an earlier column says."""
    return [*_equal_numbers(columns), *_equal_levels(columns)]


def _equal_numbers(columns: Sequence[CodedColumn]) -> Iterator[Finding]:
    numeric = [column for column in columns if column.numbers is not None]
    if len(numeric) < 2:
        return
    matrix = np.array([_standardised(column) for column in numeric])
    correlations = np.abs(matrix @ matrix.T) / matrix.shape[1]
    for later in range(1, len(numeric)):
        earlier = int(np.argmax(correlations[later, :later]))
        highest = correlations[later, earlier]
        if highest >= SAME_CORRELATION:
            text = f"goes with {numeric[earlier].name}: correlation {highest:.5f}"
            yield finding("collinear", numeric[later].name, text)


def _standardised(column: CodedColumn) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the numbers with mean 0 and deviation 1; missing ones are 0."""
    numbers = np.asarray(column.numbers)
    numbers = numbers[:: max(1, len(numbers) // _MOST_ROWS)]
    present = ~np.isnan(numbers)
    if present.sum() < 2:
        return np.zeros(len(numbers))
    filled = np.where(present, numbers, numbers[present].mean())
    centred = filled - filled.mean()
    deviation = centred.std()
    return centred / deviation if deviation else np.zeros(len(numbers))


def _equal_levels(columns: Sequence[CodedColumn]) -> Iterator[Finding]:
    by_size: dict[int, list[CodedColumn]] = {}
    for column in columns:
        if column.numbers is None:
            by_size.setdefault(len(np.unique(column.codes)), []).append(column)
    copies = set()
    for size, group in by_size.items():
        for first, second in combinations(group, 2):
            if second.name not in copies and _goes_one_to_one(first, second, size):
                copies.add(second.name)
                text = f"goes one to one with {first.name}"
                yield finding("collinear", second.name, text)


def _goes_one_to_one(first: CodedColumn, second: CodedColumn, size: int) -> bool:
    head = slice(0, 1000)  # most pairs part early
    for part in (head, slice(None)):
        pairs = np.unique(first.codes[part] * second.groups + second.codes[part])
        if len(pairs) > size:
            return False
    return size > 1
