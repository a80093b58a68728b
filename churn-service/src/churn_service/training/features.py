"""The features of the scorecard: straight pieces between quantiles, and levels."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import check_is_fitted, validate_data

from churn_contract.schema import CustomerSchema

Floats = NDArray[np.float64]
KNOTS = 12


class NumberBasis(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped base
    """Expand each number into hats over quantile knots and a straight line.

    Per column: one hat per knot (a linear B-spline, **not** scaled: the penalty
    then weighs each piece by how many customers it has), the standardised
    number itself, and, where the fit saw NaN, a mark of missing values. Beyond
    the outer knots every feature stays constant; a missing number has zeros
    everywhere but in its mark.

    Args:
        n_knots: Number of quantiles, ends included; equal quantiles merge.
    """

    def __init__(self, n_knots: int = KNOTS) -> None:
        self.n_knots = n_knots

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: ARG002, N803 - scikit-learn's names
        """Find knots, mean, scale and missing values of each column."""
        numbers = self._validated(X, reset=True)
        self.columns_ = [self._fit_column(column) for column in numbers.T]
        return self

    def transform(self, X: ArrayLike) -> Floats:  # noqa: N803 - scikit-learn's name
        """Return the features of each column, side by side."""
        check_is_fitted(self)
        numbers = self._validated(X, reset=False)
        parts = [
            _expand(column, basis) for column, basis in zip(numbers.T, self.columns_, strict=True)
        ]
        return np.hstack(parts)

    def _validated(self, numbers: ArrayLike, *, reset: bool) -> Floats:
        checked: Floats = validate_data(
            self, numbers, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset
        )
        return checked

    def _fit_column(self, column: Floats) -> "ColumnBasis":
        present = column[~np.isnan(column)]
        if not present.size:
            return ColumnBasis(np.zeros(1), 0.0, 1.0, marks_missing=True)
        knots = np.unique(np.quantile(present, np.linspace(0, 1, self.n_knots)))
        scale = float(present.std()) or 1.0
        return ColumnBasis(
            knots, float(present.mean()), scale, marks_missing=present.size < column.size
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class ColumnBasis:
    """What the fit found out about one column of numbers."""

    def __init__(self, knots: Floats, mean: float, scale: float, *, marks_missing: bool) -> None:
        self.knots = knots
        self.mean = mean
        self.scale = scale
        self.marks_missing = marks_missing


def build_features(schema: CustomerSchema, knots: int = KNOTS) -> ColumnTransformer:
    """Return the unfitted transformer for the matrix of a schema's customers.

    Two knots, the ends of the range, leave one straight line per number.

    Numbers come first, then levels, each in the order of the schema. A level
    that the schema does not list has zeros everywhere.
    """
    numbers = number_indices(schema)
    levels = level_indices(schema)
    encoder = OneHotEncoder(
        categories=[encoder_levels(schema, index) for index in levels],
        handle_unknown="ignore",
        sparse_output=False,
    )
    steps = [("numbers", NumberBasis(knots), numbers), ("levels", encoder, levels)]
    return ColumnTransformer([step for step in steps if step[2]])


def number_indices(schema: CustomerSchema) -> list[int]:
    """Return the places of the numbers among the features."""
    return [index for index, field in enumerate(schema.features) if field.kind == "number"]


def level_indices(schema: CustomerSchema) -> list[int]:
    """Return the places of categories and booleans among the features."""
    return [index for index, field in enumerate(schema.features) if field.kind != "number"]


def encoder_levels(schema: CustomerSchema, index: int) -> list[str]:
    """Return the levels that get a weight; "" stands for a missing one."""
    field = schema.features[index]
    return [*field.levels, ""] if field.nullable else list(field.levels)


def _expand(column: Floats, basis: ColumnBasis) -> Floats:
    missing = np.isnan(column)
    inside = np.clip(np.where(missing, basis.mean, column), basis.knots[0], basis.knots[-1])
    hats = [np.interp(inside, basis.knots, peak) for peak in np.eye(len(basis.knots))]
    features = np.column_stack([*hats, (inside - basis.mean) / basis.scale])
    features[missing] = 0.0
    return np.column_stack([features, missing]) if basis.marks_missing else features
