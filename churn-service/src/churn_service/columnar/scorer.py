"""One scorer of whole columns per version, with the bits of the row scorer."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from churn_contract.schema import CustomerSchema
from churn_service.artefact.calibration import (
    Calibration,
    IdentityCalibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.artefact.document import ModelDocument, Scorecard, Scorer
from churn_service.artefact.interval import IntervalTable
from churn_service.artefact.trees import Trees
from churn_service.columnar.bins import Bins
from churn_service.columnar.block import Block, Scores
from churn_service.columnar.cards import CardScorer
from churn_service.columnar.exact import Floats, Function, choose_exp, parts_of, sigmoid_with
from churn_service.columnar.trees import TooManyLeavesError, TreeScorer
from churn_service.columnar.values import values_of
from churn_service.scorer.calibration import interval_factors
from churn_service.scorer.trees import compile_trees


class Logits(Protocol):
    """Whoever can say the logits of a block."""

    def logits(self, block: Block) -> Floats:
        """Return the logit of every row."""
        ...


class ColumnScorer:
    """Score blocks with one version: the same numbers as its row scorer, to the bit."""

    def __init__(self, document: ModelDocument) -> None:
        self.document = document
        self._logits = _compiled(document.scorer, document.schema)
        self._sigmoid = sigmoid_with(choose_exp())
        self._chances = _calibrated(document.calibration, self._sigmoid)
        self._ends = _intervals(document.interval) if document.interval else None

    def logits(self, block: Block) -> Floats:
        """Return the raw score of every row."""
        return self._logits.logits(block)

    def score(self, block: Block) -> Scores:
        """Return what the version says of every row."""
        with np.errstate(all="ignore"):  # huge logits underflow, as they do in rows
            chances = self._chances(self.logits(block))
            low, high = self._ends(chances) if self._ends else (None, None)
        return Scores(chances, chances >= self.document.threshold, low, high)


class _Blend:
    """The weighted sum of other scorers."""

    def __init__(self, parts: tuple[tuple[float, Logits], ...]) -> None:
        self._parts = parts

    def logits(self, block: Block) -> Floats:
        total = np.zeros(block.rows)
        for weight, member in self._parts:
            total += weight * member.logits(block)
        return total


def _compiled(scorer: Scorer, schema: CustomerSchema) -> Logits:
    if isinstance(scorer, Scorecard):
        return CardScorer(scorer, schema.features)
    if isinstance(scorer, Trees):
        return _trees(scorer, schema)
    members = (_compiled(member, schema) for member in scorer.members)
    return _Blend(tuple(zip(scorer.weights, members, strict=True)))


class _RowByRow:
    """Trees with too many leaves for bit masks: slow, but the same numbers."""

    def __init__(self, trees: Trees, schema: CustomerSchema) -> None:
        self._score, self._features = compile_trees(trees, schema), schema.features

    def logits(self, block: Block) -> Floats:
        columns = [
            values_of(field, column)
            for field, column in zip(self._features, block.columns, strict=True)
        ]
        rows = zip(*columns, strict=True) if columns else iter([()] * block.rows)
        return np.fromiter(map(self._score, rows), np.float64, block.rows)


def _trees(trees: Trees, schema: CustomerSchema) -> Logits:
    try:
        return TreeScorer(trees, schema)
    except TooManyLeavesError:
        return _RowByRow(trees, schema)


def _calibrated(calibration: Calibration, sigmoid: Function) -> Function:
    if isinstance(calibration, IdentityCalibration):
        return sigmoid
    if isinstance(calibration, PlattCalibration):
        intercept, slope = calibration.intercept, calibration.slope
        return lambda logits: sigmoid(intercept + slope * logits)
    return _isotonic(calibration)


def _isotonic(calibration: IsotonicCalibration) -> Function:
    logits, chances = np.array(calibration.logits), np.array(calibration.probabilities)
    bins = Bins(logits)

    def calibrated(raw: Floats) -> Floats:
        above = bins.places(raw)
        inside = np.clip(above, 1, len(logits) - 1)
        share = (raw - logits[inside - 1]) / (logits[inside] - logits[inside - 1])
        found: Floats = chances[inside - 1] + share * (chances[inside] - chances[inside - 1])
        found[above == 0] = chances[0]
        found[above == len(logits)] = chances[-1]
        return found

    return calibrated


def _intervals(table: IntervalTable) -> Callable[[Floats], tuple[Floats, Floats]]:
    factors = interval_factors(table)
    bins, lower, upper = Bins(factors.edges), np.array(factors.lower), np.array(factors.upper)

    def ends(chances: Floats) -> tuple[Floats, Floats]:
        lows, highs = np.empty_like(chances), np.empty_like(chances)
        for some, low, high in zip(*map(parts_of, (chances, lows, highs)), strict=True):
            bands, rest = bins.places(some), 1.0 - some
            np.minimum(some / (some + rest * lower.take(bands)), some, out=low)
            np.maximum(some / (some + rest * upper.take(bands)), some, out=high)
        return lows, highs

    return ends
