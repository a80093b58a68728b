"""Compile a fitted pipeline into the lookup tables of a scorecard."""

import math

import numpy as np
from numpy.typing import NDArray

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard, Term
from churn_service.training.dataset import Matrix
from churn_service.training.features import (
    ColumnBasis,
    encoder_levels,
    level_indices,
    number_bases,
    number_indices,
)
from churn_service.training.pipeline import Fit

Floats = NDArray[np.float64]


def compile_pipeline(fit: Fit, schema: CustomerSchema, matrix: Matrix) -> Scorecard:
    """Return the scorecard that scores as the pipeline does.

    Args:
        fit: The fitted pipeline.
        schema: The schema whose matrix the pipeline was fitted on.
        matrix: The rows that the means of the reasons are taken over.
    """
    weights = fit.model.coefficients
    shares = fit.features.transform(matrix) * weights
    terms: dict[int, Term] = {}
    for index, place in _places(fit, schema).items():
        mean = float(shares[:, place].sum(axis=1).mean())
        terms[index] = _term(fit, schema, index, weights[place], mean)
    return Scorecard(
        intercept=fit.model.intercept,
        terms=tuple(terms[index] for index in range(len(schema.features))),
    )


def _places(fit: Fit, schema: CustomerSchema) -> dict[int, slice]:
    """Return where the pipeline's features of each schema feature stand."""
    sizes = {}
    for index, basis in _bases(fit, schema).items():
        sizes[index] = len(basis.signs)
    for index in level_indices(schema):
        sizes[index] = len(encoder_levels(schema, index))
    ends = np.cumsum(list(sizes.values())).tolist()
    return {
        index: slice(end - size, end)
        for (index, size), end in zip(sizes.items(), ends, strict=True)
    }


def _bases(fit: Fit, schema: CustomerSchema) -> dict[int, ColumnBasis]:
    return dict(zip(number_indices(schema), number_bases(fit.features), strict=True))


def _term(fit: Fit, schema: CustomerSchema, index: int, weights: Floats, mean: float) -> Term:
    field = schema.features[index]
    if field.kind == "number":
        return _curve(field, _bases(fit, schema)[index], weights, mean)
    by_level = dict(zip(encoder_levels(schema, index), map(_plain, weights), strict=True))
    return LevelTerm(
        field=field.name,
        missing=by_level.pop("", None),
        weights=by_level,
        other=0.0 if field.unknown == "other" else None,
        mean=mean,
    )


def _curve(field: Field, basis: ColumnBasis, weights: Floats, mean: float) -> CurveTerm:
    """Return hats and line as straight pieces, constant beyond the outer knots."""
    knots, heights = basis.knots, basis.heights(weights)
    inner = np.diff(heights) / np.diff(knots)
    if basis.sign:  # rounding must not turn a flat piece round
        inner = basis.sign * np.maximum(basis.sign * inner, 0.0)
    slopes = (0.0, *map(_plain, inner), 0.0)
    intercepts = [
        _plain(heights[0]),
        *map(_plain, heights[:-1] - inner * knots[:-1]),
        _plain(heights[-1]),
    ]
    if basis.sign:
        _settle(intercepts, slopes, knots, basis.sign)
    missing = _plain(weights[-1]) if basis.marks_missing else 0.0
    return CurveTerm(
        field=field.name,
        knots=tuple(map(_plain, knots)),
        intercepts=tuple(intercepts),
        slopes=slopes,
        missing=missing if field.nullable else None,
        mean=mean,
    )


def _settle(intercepts: list[float], slopes: tuple[float, ...], knots: Floats, sign: int) -> None:
    """Move intercepts by the last bits, so that no curve turns back at a knot.

    Inside a piece rounding keeps the order of values; from the last number below
    a knot to the knot itself it may not.
    """
    for piece, knot in enumerate(map(float, knots), 1):
        before = intercepts[piece - 1] + slopes[piece - 1] * math.nextafter(knot, -math.inf)
        while sign * (here := intercepts[piece] + slopes[piece] * knot) < sign * before:
            intercepts[piece] = math.nextafter(intercepts[piece] + (before - here), sign * math.inf)


def _plain(number: float) -> float:
    """Return a float of Python's own; minus zero becomes zero."""
    return float(number) + 0.0
