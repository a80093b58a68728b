"""The members of a scorer as operations of TensorFlow, in doubles.

The library is handed in: it is large, and has no types.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from churn_contract.schema import Field
from churn_service.artefact.calibration import IsotonicCalibration
from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard
from churn_service.artefact.pairs import Axis, NumberAxis, PairTerm
from churn_service.artefact.trees import LEAF, Trees
from churn_service.exports.coded import level_cells, level_weights, node_sets

Values = Sequence["Column"]


class Column(NamedTuple):
    """One field of all rows.

    Attributes:
        numbers: Doubles, NaN where missing; zeros for a field of levels.
        codes: Codes of the levels; zeros for a number.
    """

    numbers: Any
    codes: Any


class Operations:
    """The operations that a scorer is made of."""

    def __init__(self, library: Any, features: Sequence[Field]) -> None:
        self._library = library
        self._features = features
        self._places = {field.name: place for place, field in enumerate(features)}

    def doubles(self, values: object) -> Any:
        """Return a constant of doubles."""
        return self._library.constant(values, self._library.float64)

    def card(self, card: Scorecard, values: Values) -> Any:
        """Return the logit of a scorecard: levels, then curves, then pairs."""
        total = self.doubles(card.intercept)
        terms = list(zip(card.terms, self._features, values, strict=True))
        for term, field, column in terms:
            if isinstance(term, LevelTerm):
                weights = self.doubles(level_weights(term, field))
                total += self._library.gather(weights, column.codes)
        for term, _, column in terms:
            if isinstance(term, CurveTerm):
                total += self._curve(term, column.numbers)
        for pair in card.pairs:
            total += self._pair(pair, values)
        return total

    def trees(self, trees: Trees, values: Values) -> Any:
        """Return the logit of trees: all walk down at once, their leaves add up in order."""
        library = self._library
        numbers = library.stack([column.numbers for column in values], axis=1)
        codes = library.stack([column.codes for column in values], axis=1)
        step = self._step(trees, numbers, codes)
        nodes = library.tile(library.constant([trees.roots]), [library.shape(numbers)[0], 1])
        for _ in range(deepest(trees)):
            nodes = step(nodes)
        total = self.doubles(trees.base)
        leaves = library.gather(self.doubles(trees.value), nodes)
        for place in range(len(trees.roots)):
            total += leaves[:, place]
        return total

    def between(self, calibration: IsotonicCalibration, logit: Any) -> Any:
        """Return the probability on the line between the calibration's points."""
        library = self._library
        logits = self.doubles(calibration.logits)
        chances = self.doubles(calibration.probabilities)
        last = len(calibration.logits) - 1
        place = self._piece(calibration.logits, logit)
        high = library.clip_by_value(place, 1, last)
        start, end = library.gather(logits, high - 1), library.gather(logits, high)
        low, top = library.gather(chances, high - 1), library.gather(chances, high)
        inside = low + (logit - start) / (end - start) * (top - low)
        upper = library.where(place > last, chances[last], inside)
        return library.where(place == 0, chances[0], upper)

    def _piece(self, knots: Sequence[float], numbers: Any) -> Any:
        return self._library.searchsorted(self.doubles(list(knots)), numbers, side="right")

    def _curve(self, term: CurveTerm, numbers: Any) -> Any:
        library = self._library
        piece = library.minimum(self._piece(term.knots, numbers), len(term.knots))
        intercepts = library.gather(self.doubles(term.intercepts), piece)
        value = intercepts + library.gather(self.doubles(term.slopes), piece) * numbers
        missing = self.doubles(term.missing or 0.0)
        return library.where(library.math.is_nan(numbers), missing, value)

    def _pair(self, pair: PairTerm, values: Values) -> Any:
        cells = [
            self._cell(axis, self._features[self._places[name]], values[self._places[name]])
            for name, axis in zip(pair.fields, pair.axes, strict=True)
        ]
        return self._library.gather_nd(self.doubles(pair.table), self._library.stack(cells, axis=1))

    def _cell(self, axis: Axis, field: Field, column: Column) -> Any:
        library = self._library
        if not isinstance(axis, NumberAxis):
            return library.gather(library.constant(level_cells(axis, field)), column.codes)
        cell = self._piece(axis.edges, column.numbers)
        return library.where(library.math.is_nan(column.numbers), axis.missing or 0, cell)

    def _step(self, trees: Trees, numbers: Any, codes: Any) -> Any:
        """Return the function from nodes, one per row and tree, to those below; leaves stay."""
        library = self._library
        sets, chosen = node_sets(trees, self._features)
        own = list(range(len(trees.feature)))
        is_leaf = [feature == LEAF for feature in trees.feature]
        sides = [
            library.constant([
                o if leaf else c for o, leaf, c in zip(own, is_leaf, side, strict=True)
            ])
            for side in (trees.left, trees.right)
        ]
        asked = library.constant([max(feature, 0) for feature in trees.feature])
        tables = library.constant(sets or [[False]])
        places, missing = library.constant(chosen), library.constant(list(trees.missing_left))
        limits = self.doubles(trees.threshold)

        def step(nodes: Any) -> Any:
            feature, place = library.gather(asked, nodes), library.gather(places, nodes)
            number = library.gather(numbers, feature, batch_dims=1)
            code = library.gather(codes, feature, batch_dims=1)
            inside = library.stack([library.maximum(place, 0), code], axis=-1)
            by_level = library.gather_nd(tables, inside)
            by_number = number <= library.gather(limits, nodes)
            lost = library.math.is_nan(number)
            by_number = library.where(lost, library.gather(missing, nodes), by_number)
            goes_left = library.where(place < 0, by_number, by_level)
            left, right = (library.gather(side, nodes) for side in sides)
            return library.where(goes_left, left, right)

        return step


def deepest(trees: Trees) -> int:
    """Return how many questions the longest path has."""
    depth = [0] * len(trees.feature)
    for node, feature in enumerate(trees.feature):
        if feature != LEAF:
            depth[trees.left[node]] = depth[trees.right[node]] = depth[node] + 1
    return max(depth)
