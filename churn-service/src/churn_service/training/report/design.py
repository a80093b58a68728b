"""The weights of a scorecard as one vector, with the matrix they multiply."""

from dataclasses import dataclass

import numpy as np

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard
from churn_service.training.dataset import Matrix
from churn_service.training.report.judged import Floats

Place = str | float


@dataclass(frozen=True)
class Block:
    """The weights of one field.

    Attributes:
        places: The levels, or the knots of a number; "" stands for missing.
        heights: The logit contribution at each place.
        columns: One row per customer: how much of each height it gets.
    """

    places: tuple[Place, ...]
    heights: Floats
    columns: Floats


def blocks_of(scorer: Scorecard, schema: CustomerSchema, matrix: Matrix) -> list[Block]:
    """Return the block of every feature, in the order of the schema."""
    return [
        _curve(term, matrix[:, index])
        if isinstance(term, CurveTerm)
        else _levels(term, matrix[:, index])
        for index, term in enumerate(scorer.terms[: len(schema.features)])
    ]


def _curve(term: CurveTerm, column: np.ndarray) -> Block:
    knots = np.array(term.knots)
    heights = np.array(term.intercepts[1:]) + np.array(term.slopes[1:]) * knots
    numbers = column.astype(np.float64)
    absent = np.isnan(numbers)
    inside = np.where(absent, knots[0], numbers)
    hats = np.column_stack([np.interp(inside, knots, peak) for peak in np.eye(len(knots))])
    hats[absent] = 0.0
    places: tuple[Place, ...] = term.knots
    if term.missing is None:
        return Block(places, heights, hats)
    return Block((*places, ""), np.append(heights, term.missing), np.column_stack([hats, absent]))


def _levels(term: LevelTerm, column: np.ndarray) -> Block:
    weights: dict[str, float] = dict(term.weights)
    if term.missing is not None:
        weights[""] = term.missing
    marks = [column == level for level in weights]
    return Block(
        tuple(weights), np.array(list(weights.values())), np.column_stack(marks).astype(float)
    )
