"""A scorer as C functions over static tables, in the service's order of addition."""

from collections.abc import Iterator, Sequence

from churn_contract.schema import Field
from churn_service.artefact.calibration import (
    Calibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.artefact.document import Blend, CurveTerm, LevelTerm, Scorecard, Scorer
from churn_service.artefact.pairs import Axis, NumberAxis, PairTerm
from churn_service.artefact.trees import Trees
from churn_service.exports.c_tables import doubles, integers, number
from churn_service.exports.coded import level_cells, level_weights, node_sets

_FOREST = ("feature", "threshold", "set", "missing_left", "left", "right", "value", "sets")


def scorer_source(scorer: Scorer, features: Sequence[Field], name: str) -> str:
    """Return tables and a function `name(number, code)` that gives the logit."""
    if isinstance(scorer, Scorecard):
        tables, terms = _card(scorer, features, name)
        return _function(tables, name, number(scorer.intercept), terms)
    if isinstance(scorer, Trees):
        tables, terms = _forest(scorer, features, name)
        return _function(tables, name, number(scorer.base), terms)
    return _blend(scorer, features, name)


def chance_source(calibration: Calibration) -> str:
    """Return the function from the logit to the probability."""
    if isinstance(calibration, IsotonicCalibration):
        tables = [
            doubles("chance_logits", calibration.logits),
            doubles("chance_values", calibration.probabilities),
        ]
        value = f"between(logit, chance_logits, chance_values, {len(calibration.logits)})"
    else:
        tables, value = [], "sigmoid(logit)"
    if isinstance(calibration, PlattCalibration):
        value = f"sigmoid({number(calibration.intercept)} + {number(calibration.slope)} * logit)"
    body = f"static double chance_of(double logit) {{\n    return {value};\n}}"
    return "\n".join([*tables, body])


def _function(tables: Sequence[str], name: str, start: str, terms: Sequence[str]) -> str:
    lines = [
        f"static double {name}(const double *number, const int *code) {{",
        f"    double total = {start};",
        "    (void)number;",
        "    (void)code;",
        *(f"    total += {term};" for term in terms),
        "    return total;",
        "}",
    ]
    return "\n".join([*tables, *lines])


def _blend(blend: Blend, features: Sequence[Field], name: str) -> str:
    names = [f"{name}_{place}" for place in range(len(blend.members))]
    members = [
        scorer_source(member, features, each)
        for member, each in zip(blend.members, names, strict=True)
    ]
    terms = [
        f"{number(weight)} * {each}(number, code)"
        for weight, each in zip(blend.weights, names, strict=True)
    ]
    return _function(members, name, number(0.0), terms)


def _card(card: Scorecard, features: Sequence[Field], name: str) -> tuple[list[str], list[str]]:
    tables, levels, curves = [], [], []
    for place, (field, term) in enumerate(zip(features, card.terms, strict=True)):
        own = f"{name}_t{place}"
        if isinstance(term, LevelTerm):
            tables.append(doubles(own, level_weights(term, field)))
            levels.append(f"{own}[code[{place}]]")
        else:
            tables += _curve_tables(term, own)
            parts = f"{own}_k, {len(term.knots)}, {own}_a, {own}_b"
            curves.append(f"curve_at(number[{place}], {number(term.missing)}, {parts})")
    pairs = []
    for place, pair in enumerate(card.pairs):
        more, term_source = _pair(pair, features, f"{name}_p{place}")
        tables += more
        pairs.append(term_source)
    return tables, [*levels, *curves, *pairs]


def _curve_tables(term: CurveTerm, own: str) -> Iterator[str]:
    yield doubles(f"{own}_k", term.knots)
    yield doubles(f"{own}_a", term.intercepts)
    yield doubles(f"{own}_b", term.slopes)


def _pair(pair: PairTerm, features: Sequence[Field], own: str) -> tuple[list[str], str]:
    tables = [doubles(own, [value for row in pair.table for value in row])]
    cells = []
    for side, (name, axis) in enumerate(zip(pair.fields, pair.axes, strict=True)):
        place = [field.name for field in features].index(name)
        table, cell = _cell(axis, place, features[place], f"{own}_{side}")
        tables.append(table)
        cells.append(cell)
    return tables, f"{own}[{cells[0]} * {len(pair.table[0])} + {cells[1]}]"


def _cell(axis: Axis, place: int, field: Field, own: str) -> tuple[str, str]:
    if isinstance(axis, NumberAxis):
        cell = f"cell_of(number[{place}], {axis.missing or 0}, {own}, {len(axis.edges)})"
        return doubles(own, axis.edges), cell
    return integers(own, level_cells(axis, field)), f"{own}[code[{place}]]"


def _forest(trees: Trees, features: Sequence[Field], name: str) -> tuple[list[str], list[str]]:
    sets, places = node_sets(trees, features)
    width = len(sets[0]) if sets else 1
    tables = [
        integers(f"{name}_feature", trees.feature, "short"),
        doubles(f"{name}_threshold", trees.threshold),
        integers(f"{name}_set", places),
        integers(f"{name}_missing_left", trees.missing_left, "unsigned char"),
        integers(f"{name}_left", trees.left),
        integers(f"{name}_right", trees.right),
        doubles(f"{name}_value", trees.value),
        integers(f"{name}_sets", [bit for row in sets for bit in row], "unsigned char"),
        f"static const struct forest {name}_forest = {{\n    "
        + ", ".join(f"{name}_{column}" for column in _FOREST)
        + f", {width}\n}};",
    ]
    terms = [f"tree_at(&{name}_forest, {root}, number, code)" for root in trees.roots]
    return tables, terms
