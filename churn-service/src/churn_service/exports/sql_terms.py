"""The summands of a logit as SQL expressions over the columns f0, f1, ..."""

from collections.abc import Iterator

from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard
from churn_service.artefact.pairs import Axis, NumberAxis, PairTerm, axis_cells
from churn_service.artefact.trees import LEAF, NO_SET, Trees
from churn_service.exports.bisection import halved
from churn_service.exports.coded import is_valid, level_cells, level_weights, node_sets
from churn_service.exports.sql_columns import Columns


class Terms:
    """Writes the summands of scorers of one schema."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._features = columns.features
        self._double = columns.dialect.double
        self._places = {field.name: place for place, field in enumerate(columns.features)}

    def of(self, scorer: Scorecard | Trees) -> Iterator[str]:
        """Yield the summands of a scorer in its order of addition."""
        return self._trees(scorer) if isinstance(scorer, Trees) else self._card(scorer)

    def _card(self, card: Scorecard) -> Iterator[str]:
        yield self._double(card.intercept)
        for place, term in enumerate(card.terms):
            if isinstance(term, LevelTerm):
                yield self._columns.cases(place, level_weights(term, self._features[place]))
        for place, term in enumerate(card.terms):
            if isinstance(term, CurveTerm):
                yield self._curve(term, f"f{place}")
        for pair in card.pairs:
            yield self._pair(pair)

    def _pair(self, pair: PairTerm) -> str:
        """Return a case by the first field's cell, of cases by the second one's."""
        row, column = (
            self._cell(axis, self._places[name])
            for name, axis in zip(pair.fields, pair.axes, strict=True)
        )
        rows = []
        for cell in sorted(set(axis_cells(pair.axes[0]))):
            line = enumerate(pair.table[cell])
            cases = " ".join(f"WHEN {place} THEN {self._double(value)}" for place, value in line)
            rows.append(f"WHEN {cell} THEN CASE {column} {cases} END")
        return f"CASE {row} {' '.join(rows)} END"

    def _cell(self, axis: Axis, place: int) -> str:
        if not isinstance(axis, NumberAxis):
            return self._columns.cases(place, level_cells(axis, self._features[place]))
        cell = halved(
            axis.edges, str, lambda edge, low, high: self._below(f"f{place}", edge, low, high)
        )
        return self._or_missing(f"f{place}", cell, axis.missing)

    def _trees(self, trees: Trees) -> Iterator[str]:
        yield self._double(trees.base)
        sets, places = node_sets(trees, self._features)

        def node(at: int) -> str:
            if trees.feature[at] == LEAF:
                return self._double(trees.value[at])
            test = self._is_number(trees, at)
            if places[at] != NO_SET:
                test = self._is_among(trees.feature[at], sets[places[at]])
            left, right = node(trees.left[at]), node(trees.right[at])
            return f"CASE WHEN {test} THEN {left} ELSE {right} END"

        yield from map(node, trees.roots)

    def _is_number(self, trees: Trees, at: int) -> str:
        column = f"f{trees.feature[at]}"
        test = f"{column} <= {self._double(trees.threshold[at])}"
        may_miss = self._features[trees.feature[at]].nullable
        return f"({test} OR {column} IS NULL)" if may_miss and trees.missing_left[at] else test

    def _is_among(self, place: int, left: list[bool]) -> str:
        """Return the test of a level's code, by the shorter of both lists."""
        valid = [code for code, fits in enumerate(is_valid(self._features[place])) if fits]
        inside = [code for code in valid if left[code]]
        if len(inside) * 2 <= len(valid):
            return _among(f"f{place}", "IN", inside, "1 = 0")
        outside = [code for code in valid if not left[code]]
        return _among(f"f{place}", "NOT IN", outside, "1 = 1")

    def _curve(self, term: CurveTerm, column: str) -> str:
        pieces = list(zip(term.intercepts, term.slopes, strict=True))
        value = halved(
            term.knots,
            lambda place: self._piece(*pieces[place], column),
            lambda knot, low, high: self._below(column, knot, low, high),
        )
        return self._or_missing(column, value, term.missing)

    def _below(self, column: str, limit: float, low: str, high: str) -> str:
        return f"CASE WHEN {column} < {self._double(limit)} THEN {low} ELSE {high} END"

    def _piece(self, intercept: float, slope: float, column: str) -> str:
        start = self._double(intercept)
        return f"{start} + {self._double(slope)} * {column}" if slope else start

    def _or_missing(self, column: str, value: str, missing: float | None) -> str:
        if missing is None:
            return value
        shown = str(missing) if isinstance(missing, int) else self._double(missing)
        return f"CASE WHEN {column} IS NULL THEN {shown} ELSE {value} END"


def _among(column: str, test: str, codes: list[int], otherwise: str) -> str:
    return f"{column} {test} ({', '.join(map(str, codes))})" if codes else otherwise
