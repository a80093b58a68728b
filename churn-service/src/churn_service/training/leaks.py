"""Columns that know the answer: alone, by being missing, as copies, or all together."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from churn_service.training.coding import MISSING, CodedColumn
from churn_service.training.dataset import Labels
from churn_service.training.findings import Finding, finding

SURE_AUC = 0.95
NEAR_AUC = 0.90
OVERALL_AUC = 0.99
FOLDS = 5
_SEED = 42
_PRIOR_ROWS = 5.0

Floats = NDArray[np.float64]


def find_leaks(columns: Sequence[CodedColumn], churned: Labels) -> list[Finding]:
    """Return what looks like knowledge of the outcome."""
    folds = draw_folds(len(churned))
    found = [leak for column in columns for leak in _leaks_of(column, churned, folds)]
    together = overall_auc(columns, churned, folds)
    if together >= OVERALL_AUC and not any(each.level == "error" for each in found):
        text = f"all columns together tell the outcome: out-of-fold AUC {together:.3f}"
        found.append(finding("leak-overall", "", text))
    return found


def draw_folds(rows: int) -> NDArray[np.intp]:
    """Return the fold of each row, the same for the same number of rows."""
    return np.random.default_rng(_SEED).permutation(rows) % FOLDS


def column_auc(column: CodedColumn, churned: Labels, folds: NDArray[np.intp]) -> float:
    """Return the out-of-fold AUC of one column alone."""
    return weighted_auc(out_of_fold(column, churned, folds), churned)


def overall_auc(columns: Sequence[CodedColumn], churned: Labels, folds: NDArray[np.intp]) -> float:
    """Return the out-of-fold AUC of the summed evidence of all columns."""
    total = np.zeros(len(churned))
    for column in columns:
        rates = out_of_fold(column, churned, folds)
        total += np.log(rates / (1 - rates))
    return weighted_auc(total, churned)


def out_of_fold(column: CodedColumn, churned: Labels, folds: NDArray[np.intp]) -> Floats:
    """Return for each row the churn rate of its group in the other folds."""
    shape = (column.groups, FOLDS)
    places = column.codes * FOLDS + folds
    size = column.groups * FOLDS
    rows = np.bincount(places, minlength=size).reshape(shape)
    left = np.bincount(places, weights=churned, minlength=size).reshape(shape)
    other_rows = rows.sum(axis=1, keepdims=True) - rows
    other_left = left.sum(axis=1, keepdims=True) - left
    rates = (other_left + _PRIOR_ROWS * churned.mean()) / (other_rows + _PRIOR_ROWS)
    found: Floats = rates.reshape(-1)[places]
    return found


def weighted_auc(scores: Floats, churned: Labels) -> float:
    """Return the AUC of scores, ties counted half."""
    _, places = np.unique(scores, return_inverse=True)
    left = np.bincount(places, weights=churned)
    stayed = np.bincount(places) - left
    below = np.cumsum(stayed) - stayed / 2
    return float(left @ below / (left.sum() * stayed.sum()))


def _leaks_of(column: CodedColumn, churned: Labels, folds: NDArray[np.intp]) -> Iterator[Finding]:
    missing = _missing_auc(column, churned)
    if missing >= NEAR_AUC:
        text = f"whether it is filled tells who left: AUC {missing:.3f} alone"
        yield finding("leak-missing", column.name, text)
        return
    auc = column_auc(column, churned, folds)
    if is_copy(column, churned):
        text = "is the outcome in other words: each of its values goes with one outcome"
        yield finding("leak-copy", column.name, text)
    elif auc >= SURE_AUC:
        text = f"alone tells who left: out-of-fold AUC {auc:.3f}"
        yield finding("leak", column.name, text)
    elif auc >= NEAR_AUC:
        text = f"alone nearly tells who left: out-of-fold AUC {auc:.3f}"
        yield finding("leak-near", column.name, text)


def is_copy(column: CodedColumn, churned: Labels) -> bool:
    """Whether a column has two values that go one to one with the outcome."""
    present = column.codes != MISSING
    if not present.any():
        return False
    pairs = {*zip(column.codes[present].tolist(), churned[present].tolist(), strict=True)}
    return len(pairs) == 2 and len(set(dict(pairs).values())) == 2 and len(dict(pairs)) == 2


def _missing_auc(column: CodedColumn, churned: Labels) -> float:
    missing = column.codes == MISSING
    if not missing.any() or missing.all():
        return 0.5
    difference = missing[churned == 1].mean() - missing[churned == 0].mean()
    return float(0.5 + abs(difference) / 2)
