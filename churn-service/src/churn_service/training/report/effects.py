"""What drives churn: the effect of each field on the logit, with uncertainty.

A scorecard is its own explanation: the curves here are the served ones, and a
bootstrap of the fit says how sure each point is. Other models are explained by
the mean answer to a changed value; how much that differs between customers
takes the place of the uncertainty.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.document import Scorecard
from churn_service.training.report.design import Block, Place, blocks_of
from churn_service.training.report.judged import Floats, Judged, level_title, title
from churn_service.training.report.pair_effects import pair_logits
from churn_service.training.trained import TrainedModel

DRAWS = 200
MOST_ROWS = 20_000
MOST_WEIGHTS = 1_500
ASKED_CUSTOMERS = 100
_SEED = 42
_QUANTILES = (0.025, 0.975)


@dataclass(frozen=True)
class Point:
    """The effect at one level or number, against the average customer.

    `low` and `high` are None where there are too many weights to bootstrap.
    """

    place: Place
    name: str
    effect: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Effect:
    """The effect of one field on the logit.

    Attributes:
        field: Its title.
        kind: Number, category or boolean.
        unit: Unit of a number.
        strength: Mean size of the effect over customers, in logit units.
        exact: Whether the curve is the served one (scorecards), not a mean.
        points: Levels, or numbers in ascending order.
    """

    field: str
    kind: str
    unit: str
    strength: float
    exact: bool
    points: tuple[Point, ...]


def effects(model: TrainedModel, judged: Judged) -> tuple[Effect, ...]:
    """Return the effect of every field, the strongest first."""
    scorer = model.document.scorer
    found = (
        _exact_effects(scorer, model) if isinstance(scorer, Scorecard) else _mean_effects(judged)
    )
    return tuple(sorted(found, key=lambda effect: (-effect.strength, effect.field)))


def _exact_effects(scorer: Scorecard, model: TrainedModel) -> Iterator[Effect]:
    schema: CustomerSchema = model.document.schema
    rows = model.split.fit
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(int)]
    matrix = model.dataset.matrix(rows)
    blocks = blocks_of(scorer, schema, matrix)
    weights = model.dataset.weights[rows]
    base = scorer.intercept + pair_logits(scorer, schema, matrix)
    moves = _moves(base, blocks, model.dataset.churned[rows], weights)
    moves = None if moves is None else moves * np.sqrt(len(rows) / len(model.split.fit))
    start = 0
    for field, block in zip(schema.features, blocks, strict=True):
        end = start + len(block.places)
        mean = np.average(block.columns, axis=0, weights=weights)
        centred = block.heights - mean @ block.heights
        moved = None if moves is None else moves[:, start:end]
        limits = (
            None
            if moved is None
            else centred + np.quantile(moved - (moved @ mean)[:, None], _QUANTILES, axis=0)
        )
        strength = float(np.average(np.abs(block.columns @ centred), weights=weights))
        yield _effect(field, block.places, centred, limits, strength)
        start = end


def _moves(
    base: Floats, blocks: list[Block], churned: np.ndarray, weights: Floats
) -> Floats | None:
    """Return how far each weight moves in each draw of a one-step bootstrap.

    One Newton step from the fit towards each set of resampled rows; a penalty of
    one per weight stands for the fit's own. `base` is what no weight of one field
    adds to each logit: the intercept and the pairs.
    """
    columns = np.hstack([block.columns for block in blocks])
    if columns.shape[1] > MOST_WEIGHTS:
        return None
    logits = base + columns @ np.concatenate([block.heights for block in blocks])
    said = 1 / (1 + np.exp(-logits))
    columns = np.column_stack([columns, np.ones(len(columns))])
    penalty = np.ones(columns.shape[1])
    penalty[-1] = 1e-9
    curvature = (columns * (weights * said * (1 - said))[:, None]).T @ columns + np.diag(penalty)
    draws = np.random.default_rng(_SEED).poisson(1.0, (DRAWS, len(columns))) - 1.0
    gradients = (draws * (weights * (churned - said))) @ columns
    found: Floats = np.linalg.solve(curvature, gradients.T).T[:, :-1]
    return found


def _mean_effects(judged: Judged) -> Iterator[Effect]:
    count = len(judged.customers)
    asked = np.linspace(0, count - 1, min(count, ASKED_CUSTOMERS)).astype(int)
    for index, field in enumerate(judged.schema.features):
        places = _places(field, judged.matrix[:, index])
        answers = np.array([
            [_answer(judged, row, index, place) for row in asked] for place in places
        ])
        answers -= answers.mean(axis=0)
        limits = np.quantile(answers, _QUANTILES, axis=1)
        means = answers.mean(axis=1)
        yield _effect(field, places, means, limits, float(np.abs(means).mean()), exact=False)


def _answer(judged: Judged, row: int, index: int, place: Place) -> float:
    customer = judged.customers[row]
    values = list(customer.values)
    values[index] = None if place == "" else place
    return judged.predictor.logit(msgspec.structs.replace(customer, values=tuple(values)))


def _places(field: Field, column: np.ndarray) -> tuple[Place, ...]:
    missing: tuple[Place, ...] = ("",) if field.nullable else ()
    if field.kind != "number":
        return (*field.levels[:50], *missing)
    numbers = column.astype(np.float64)
    numbers = numbers[~np.isnan(numbers)]
    return (*np.unique(np.quantile(numbers, np.linspace(0, 1, 12))).tolist(), *missing)


def _effect(
    field: Field,
    places: tuple[Place, ...],
    heights: Floats,
    limits: Floats | None,
    strength: float,
    *,
    exact: bool = True,
) -> Effect:
    lows, highs = (None, None) if limits is None else limits.tolist()
    points = [
        Point(
            place=place,
            name=level_title(field, place) if isinstance(place, str) else f"{place:,.6g}",
            effect=float(heights[at]),
            low=lows[at] if lows else None,
            high=highs[at] if highs else None,
        )
        for at, place in enumerate(places)
    ]
    return Effect(title(field), field.kind, field.unit, strength, exact, tuple(points))
