"""The terms of a logit as SQL expressions over typed columns f0, f1, ..."""

from collections.abc import Iterator

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard
from churn_service.artefact.pairs import Axis, NumberAxis, PairTerm
from churn_service.artefact.trees import LEAF, NO_SET, Trees
from churn_service.exports.sql_dialects import double, string

UNKNOWN = "?"  # no canonical level: training files cannot hold it as one either


def scorer_terms(scorer: Scorecard | Trees, schema: CustomerSchema) -> Iterator[str]:
    """Yield the summands of a scorer in its order of addition."""
    if isinstance(scorer, Trees):
        yield double(scorer.base)
        for root in scorer.roots:
            yield _node(scorer, root, schema)
        return
    yield double(scorer.intercept)
    for place, term in enumerate(scorer.terms):
        if isinstance(term, LevelTerm):
            yield _levels(term, f"f{place}")
    for place, term in enumerate(scorer.terms):
        if isinstance(term, CurveTerm):
            yield _curve(term, f"f{place}")
    places = {term.field: f"f{place}" for place, term in enumerate(scorer.terms)}
    for pair in scorer.pairs:
        yield _pair(pair, places)


def _levels(term: LevelTerm, column: str) -> str:
    cases = " ".join(f"WHEN {string(level)} THEN {double(w)}" for level, w in term.weights.items())
    other = "" if term.other is None else f" ELSE {double(term.other)}"
    return _or_missing(column, f"CASE {column} {cases}{other} END", term.missing)


def _curve(term: CurveTerm, column: str) -> str:
    cases = []
    pieces = zip(term.intercepts, term.slopes, strict=True)
    values = [_piece(intercept, slope, column) for intercept, slope in pieces]
    for knot, value in zip(term.knots, values, strict=False):
        cases.append(f"WHEN {column} < {double(knot)} THEN {value}")
    value = f"CASE {' '.join(cases)} ELSE {values[-1]} END"
    return _or_missing(column, value, term.missing)


def _piece(intercept: float, slope: float, column: str) -> str:
    return double(intercept) if not slope else f"{double(intercept)} + {double(slope)} * {column}"


def _or_missing(column: str, value: str, missing: float | None) -> str:
    if missing is None:
        return value
    return f"CASE WHEN {column} IS NULL THEN {double(missing)} ELSE {value} END"


def _pair(pair: PairTerm, places: dict[str, str]) -> str:
    row, column = (
        _cell(axis, places[name]) for name, axis in zip(pair.fields, pair.axes, strict=True)
    )
    width = len(pair.table[0])
    cases = " ".join(
        f"WHEN {index} THEN {double(value)}"
        for index, value in enumerate(value for line in pair.table for value in line)
    )
    return f"CASE {row} * {width} + {column} {cases} END"


def _cell(axis: Axis, column: str) -> str:
    if isinstance(axis, NumberAxis):
        cases = [f"WHEN {column} < {double(e)} THEN {cell}" for cell, e in enumerate(axis.edges)]
        last = f"ELSE {len(axis.edges)}"
    else:
        cases = [f"WHEN {column} = {string(v)} THEN {cell}" for v, cell in axis.cells.items()]
        last = "" if axis.other is None else f"ELSE {axis.other}"
    missing = "" if axis.missing is None else f"WHEN {column} IS NULL THEN {axis.missing} "
    return f"(CASE {missing}{' '.join(cases)} {last} END)"


def _node(trees: Trees, node: int, schema: CustomerSchema) -> str:
    if trees.feature[node] == LEAF:
        return double(trees.value[node])
    left, right = (_node(trees, child, schema) for child in (trees.left[node], trees.right[node]))
    return f"CASE WHEN {_test(trees, node, schema)} THEN {left} ELSE {right} END"


def _test(trees: Trees, node: int, schema: CustomerSchema) -> str:
    """Return what must hold to go left; NULL and unknown levels go where training said."""
    column, to_left = f"f{trees.feature[node]}", trees.missing_left[node]
    chosen = trees.category_set[node]
    if chosen == NO_SET:
        test = f"{column} <= {double(trees.threshold[node])}"
        return f"({test} OR {column} IS NULL)" if to_left else test
    levels = trees.category_sets[chosen]
    if not to_left:
        return f"{column} IN ({', '.join(map(string, levels))})" if levels else "1 = 0"
    others = sorted(set(schema.features[trees.feature[node]].levels) - set(levels))
    inside = ", ".join(map(string, others))
    return f"({column} NOT IN ({inside}) OR {column} IS NULL)" if others else "1 = 1"
