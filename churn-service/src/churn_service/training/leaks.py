"""Columns that know the answer: alone, by being missing, as copies, or all together."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_service.training.coding import MISSING, CodedColumn
from churn_service.training.dataset import Labels
from churn_service.training.findings import Finding, finding

SURE_AUC = 0.95
NEAR_AUC = 0.90
OVERALL_AUC = 0.99
FEWEST_SURE = 30
SURE_SHARE = 0.98
MOST_LEAVERS = 0.7
FOLDS = 5
_SEED = 42
_PRIOR_ROWS = 5.0
_MOST_SHOWN = 3

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
    missing = _missing_leak(column, churned)
    if missing:
        yield finding("leak-missing", column.name, missing)
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
    else:
        yield from _sure_values(column, churned)


def _missing_leak(column: CodedColumn, churned: Labels) -> str:
    """Say how being filled tells the outcome, or "" where it does not."""
    auc = _missing_auc(column, churned)
    if auc >= NEAR_AUC:
        return f"whether it is filled tells who left: AUC {auc:.3f} alone"
    lacks = column.codes == MISSING
    for rows, words in ((~lacks, "have it"), (lacks, "lack it")):
        if _is_sure(rows, churned):
            left = int(churned[rows].sum())
            return f"of the {int(rows.sum())} customers who {words}, {left} left"
    return ""


def _sure_values(column: CodedColumn, churned: Labels) -> Iterator[Finding]:
    """Find values that only leavers have, as a state that is set afterwards."""
    rows = np.bincount(column.codes, minlength=column.groups)
    left = np.bincount(column.codes, weights=churned, minlength=column.groups)
    sure = np.flatnonzero(_is_sure_share(rows, left, churned))
    if sure.size:
        text = f"of the {rows[sure].sum()} customers with {_shown(column, sure)}"
        text = f"{text}, {int(left[sure].sum())} left"
        yield finding("leak-level", column.name, text)


def _shown(column: CodedColumn, codes: NDArray[np.intp]) -> str:
    """Name the values behind codes: levels, or the range of each bin of numbers."""
    shown = codes[:_MOST_SHOWN].tolist()
    if column.numbers is None:
        return " or ".join(repr(column.values[code]) for code in shown)
    parts = [column.numbers[column.codes == code] for code in shown]
    return " or ".join(f"{part.min():.6g} to {part.max():.6g}" for part in parts)


def _is_sure(rows: NDArray[np.bool_], churned: Labels) -> bool:
    return bool(
        _is_sure_share(np.array([rows.sum()]), np.array([float(churned[rows].sum())]), churned)[0]
    )


def _is_sure_share(
    rows: NDArray[np.intp], left: NDArray[Any], churned: Labels
) -> NDArray[np.bool_]:
    """Whether of enough customers nearly all left, where most did not."""
    if churned.mean() > MOST_LEAVERS:
        return np.zeros(len(rows), np.bool_)
    found: NDArray[np.bool_] = (rows >= FEWEST_SURE) & (left >= SURE_SHARE * rows)
    return found


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
