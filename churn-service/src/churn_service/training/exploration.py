"""Which features go with churn, looked at one by one on the train part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.dataset import Labels, Matrix

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
    names = _number_bins(column) if field.kind == "number" else column.astype(str)
    found, places = np.unique(names, return_inverse=True)
    rows = np.bincount(places)
    rates = np.bincount(places, weights=churned) / rows
    groups = tuple(
        Group(str(name) or "missing", int(count), float(rate))
        for name, count, rate in zip(found, rows, rates, strict=True)
    )
    return FeatureView(field, float(roc_auc_score(churned, rates[places])), groups)


def _number_bins(column: NDArray[np.object_]) -> NDArray[np.str_]:
    """Name the quantile bin of each number, in an order that sorts."""
    numbers = column.astype(np.float64)
    present = numbers[~np.isnan(numbers)]
    edges = np.unique(np.quantile(present if present.size else [0.0], np.linspace(0, 1, BINS + 1)))
    places = np.searchsorted(edges, numbers, side="right")
    return np.where(np.isnan(numbers), "", np.char.mod("%03d", places))
