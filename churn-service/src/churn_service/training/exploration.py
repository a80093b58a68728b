"""Which features go with churn, looked at one by one on the train part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.dataset import Labels, Matrix, Rows

Floats = NDArray[np.float64]
BINS = 20


@dataclass(frozen=True)
class Group:
    """Customers with the same level, or numbers in the same bin."""

    name: str
    rows: int
    churn_rate: float


@dataclass(frozen=True)
class FeatureView:
    """One feature alone: how well it ranks leavers, and its groups.

    `auc` is that of the churn rates of the groups, measured where they were
    counted: a size of association, not a promise.
    """

    field: Field
    auc: float
    groups: tuple[Group, ...]


def explore(schema: CustomerSchema, matrix: Matrix, churned: Labels) -> list[FeatureView]:
    """Return a view of each feature, the strongest association first."""
    views = [_view(field, matrix[:, index], churned) for index, field in enumerate(schema.features)]
    return sorted(views, key=lambda view: (-view.auc, view.field.name))


def _view(field: Field, column: NDArray[np.object_], churned: Labels) -> FeatureView:
    names, places = _number_bins(column) if field.kind == "number" else _levels(column)
    rows = np.bincount(places, minlength=len(names))
    left = np.bincount(places, weights=churned, minlength=len(names)).astype(np.float64)
    groups = tuple(
        Group(name or "missing", int(count), float(gone / count))
        for name, count, gone in zip(names, rows, left, strict=True)
        if count
    )
    filled = rows > 0
    return FeatureView(field, _auc(rows[filled].astype(np.float64), left[filled]), groups)


def _levels(column: NDArray[np.object_]) -> tuple[list[str], Rows]:
    """Return the levels in order and the place of each row's level among them."""
    cells = column.tolist()
    names = sorted(set(cells))
    places = {name: place for place, name in enumerate(names)}
    return names, np.fromiter(map(places.__getitem__, cells), np.intp, len(cells))


def _number_bins(column: NDArray[np.object_]) -> tuple[list[str], Rows]:
    """Return the names of quantile bins, missing first, and the bin of each number."""
    numbers = column.astype(np.float64)
    present = numbers[~np.isnan(numbers)]
    edges = np.unique(np.quantile(present if present.size else [0.0], np.linspace(0, 1, BINS + 1)))
    places = np.searchsorted(edges, numbers, side="right")
    places[np.isnan(numbers)] = 0  # no number is below the first edge
    return ["", *(f"{place:03d}" for place in range(1, len(edges) + 1))], places


def _auc(rows: Floats, left: Floats) -> float:
    """Return the AUC of the churn rates of groups; equal rates are one group."""
    rates, same = np.unique(left / rows, return_inverse=True)
    gone = np.bincount(same, weights=left, minlength=len(rates))
    stayed = np.bincount(same, weights=rows, minlength=len(rates)) - gone
    below = np.cumsum(stayed) - stayed / 2
    return float(gone @ below / (gone.sum() * stayed.sum()))
