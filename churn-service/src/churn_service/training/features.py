"""The features of the scorecard: straight pieces between quantiles, and levels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import check_is_fitted, validate_data

from churn_contract.schema import CustomerSchema

Floats = NDArray[np.float64]
Signs = NDArray[np.int64]
KNOTS = 12


@dataclass(frozen=True, eq=False)
class ColumnBasis:
    """What the fit found out about one column of numbers.

    Attributes:
        knots: Ascending numbers where straight pieces meet.
        mean: Mean of the numbers.
        scale: Their standard deviation.
        marks_missing: Whether missing numbers have a feature of their own.
        sign: 1 or -1 where the effect may only rise or only fall, else 0.
    """

    knots: Floats
    mean: float
    scale: float
    marks_missing: bool
    sign: int = 0

    @property
    def signs(self) -> list[int]:
        """Per feature: the sign that its weight must have; 0 leaves it free."""
        pieces = len(self.knots) - 1 if self.sign else len(self.knots)
        return [self.sign] * (pieces + 1) + [0] * self.marks_missing

    def heights(self, weights: Floats) -> Floats:
        """Return the effect at each knot that these weights of the features give."""
        line = len(self.signs) - 1 - self.marks_missing
        pieces = weights[:line]
        if self.sign:
            pieces = np.concatenate([[0.0], np.cumsum(pieces)])
        heights: Floats = pieces + weights[line] / self.scale * (self.knots - self.mean)
        return heights


class NumberBasis(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped base
    """Expand each number into hats over quantile knots and a straight line.

    Per column: one hat per knot (a linear B-spline, **not** scaled: the penalty
    then weighs each piece by how many customers it has), the standardised
    number itself, and, where the fit saw NaN, a mark of missing values. Beyond
    the outer knots every feature stays constant; a missing number has zeros
    everywhere but in its mark.

    A column with a sign has ramps in place of hats, each rising from zero to one
    between two knots: weights of that sign then give a curve that never turns back.

    Args:
        n_knots: Number of quantiles, ends included; equal quantiles merge.
        signs: Per column 1, -1 or 0, see `ColumnBasis`; None leaves all free.
    """

    def __init__(self, n_knots: int = KNOTS, signs: Sequence[int] | None = None) -> None:
        self.n_knots = n_knots
        self.signs = signs

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: ARG002, N803 - scikit-learn's names
        """Find knots, mean, scale and missing values of each column."""
        numbers = self._validated(X, reset=True)
        signs = [0] * numbers.shape[1] if self.signs is None else self.signs
        self.columns_ = [
            self._fit_column(column, sign) for column, sign in zip(numbers.T, signs, strict=True)
        ]
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

    def _fit_column(self, column: Floats, sign: int) -> ColumnBasis:
        present = column[~np.isnan(column)]
        if not present.size:
            return ColumnBasis(np.zeros(1), 0.0, 1.0, marks_missing=True, sign=sign)
        return ColumnBasis(
            knots=np.unique(np.quantile(present, np.linspace(0, 1, self.n_knots))),
            mean=float(present.mean()),
            scale=float(present.std()) or 1.0,
            marks_missing=present.size < column.size,
            sign=sign,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def build_features(
    schema: CustomerSchema, knots: int = KNOTS, monotonic: Mapping[str, int] | None = None
) -> ColumnTransformer:
    """Return the unfitted transformer for the matrix of a schema's customers.

    Two knots, the ends of the range, leave one straight line per number. Numbers
    in `monotonic` (1 or -1 by feature name) keep the direction of their effect.

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
    signs = [(monotonic or {}).get(schema.features[index].name, 0) for index in numbers]
    steps = [("numbers", NumberBasis(knots, signs), numbers), ("levels", encoder, levels)]
    return ColumnTransformer([step for step in steps if step[2]])


def number_bases(features: ColumnTransformer) -> list[ColumnBasis]:
    """Return what the fitted transformer knows of each number, in order."""
    numbers = features.named_transformers_.get("numbers")
    return [] if numbers is None else list(numbers.columns_)


def feature_signs(features: ColumnTransformer, width: int) -> Signs:
    """Return the sign that each of the `width` weights must have, 0 for free ones."""
    signs = np.zeros(width, dtype=np.int64)
    found = [sign for basis in number_bases(features) for sign in basis.signs]
    signs[: len(found)] = found  # numbers come first
    return signs


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
    if basis.sign:  # a ramp is the sum of all hats from its upper knot on
        hats = list(np.cumsum(hats[:0:-1], axis=0)[::-1])
    features = np.column_stack([*hats, (inside - basis.mean) / basis.scale])
    features[missing] = 0.0
    return np.column_stack([features, missing]) if basis.marks_missing else features
