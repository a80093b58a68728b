"""The members of a scorer as steps of a PFA action, and the tables they read.

The steps read the variables `codes` and `numbers`, which hold one entry per feature.
"""

from collections.abc import Iterator
from typing import Any

from churn_contract.schema import Field
from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard
from churn_service.artefact.pairs import Axis, NumberAxis, PairTerm
from churn_service.artefact.trees import Trees
from churn_service.exports.coded import level_cells, level_weights, node_sets
from churn_service.exports.pfa_functions import MISSING_NUMBER

Features = tuple[Field, ...]
_INTS = {"type": "array", "items": "int"}
_NUMBERS = {"type": "array", "items": "double"}
_FLAGS = {"type": "array", "items": "boolean"}
_KINDS: dict[type, Any] = {int: "int", float: "double", bool: "boolean"}


def card_steps(card: Scorecard, features: Features, name: str) -> Iterator[Any]:
    """Yield the steps that sum a scorecard up in a variable, in its order of addition."""
    yield {"let": {name: card.intercept}}
    terms = list(enumerate(zip(card.terms, features, strict=True)))
    for place, (term, field) in terms:
        if isinstance(term, LevelTerm):
            yield _add(name, _looked_up(level_weights(term, field), _at("codes", place)))
    for place, (term, _) in terms:
        if isinstance(term, CurveTerm):
            yield _add(name, {"u.curve": [_at("numbers", place), _curve(term)]})
    places = {field.name: place for place, field in enumerate(features)}
    for pair in card.pairs:
        yield _add(name, _pair(pair, features, places))


def tree_steps(trees: Trees, name: str) -> Iterator[Any]:
    """Yield the steps that sum trees up in a variable, in their order."""
    yield {"let": {name: trees.base}}
    walk = {
        "while": {">=": [_of(name, "feature"), 0]},
        "do": {
            "set": {
                "node": {
                    "if": _goes_left(name),
                    "then": _of(name, "left"),
                    "else": _of(name, "right"),
                }
            }
        },
    }
    leaf = _add(name, _of(name, "value"))
    steps = [{"let": {"node": "root"}}, walk, leaf]
    roots = {"cell": f"{name}_tables", "path": [{"string": "roots"}]}
    yield {"foreach": "root", "in": roots, "do": steps, "seq": True}


def tree_tables(trees: Trees, features: Features, name: str) -> dict[str, Any]:
    """Return the cell that `tree_steps` reads."""
    sets, places = node_sets(trees, features)
    tables: dict[str, Any] = {
        "roots": (_INTS, trees.roots),
        "feature": (_INTS, trees.feature),
        "threshold": (_NUMBERS, trees.threshold),
        "chosen": (_INTS, places),
        "sets": ({"type": "array", "items": _FLAGS}, sets),
        "missing_left": (_FLAGS, trees.missing_left),
        "left": (_INTS, trees.left),
        "right": (_INTS, trees.right),
        "value": (_NUMBERS, trees.value),
    }
    fields = [{"name": key, "type": kind} for key, (kind, _) in tables.items()]
    kind = {"type": "record", "name": f"Tables_{name}", "fields": fields}
    return {"type": kind, "init": {key: list(values) for key, (_, values) in tables.items()}}


def _of(name: str, table: str) -> dict[str, Any]:
    return {"cell": f"{name}_tables", "path": [{"string": table}, "node"]}


def _goes_left(name: str) -> dict[str, Any]:
    number = {"attr": "numbers", "path": [_of(name, "feature")]}
    code = {"attr": "codes", "path": [_of(name, "feature")]}
    by_number = {
        "if": {"==": [number, MISSING_NUMBER]},
        "then": _of(name, "missing_left"),
        "else": {"<=": [number, _of(name, "threshold")]},
    }
    path = [{"string": "sets"}, _of(name, "chosen"), code]
    by_level = {"cell": f"{name}_tables", "path": path}
    return {"if": {"<": [_of(name, "chosen"), 0]}, "then": by_number, "else": by_level}


def _add(name: str, value: Any) -> dict[str, Any]:
    return {"set": {name: {"+": [name, value]}}}


def _at(variable: str, place: int) -> dict[str, Any]:
    return {"attr": variable, "path": [place]}


def _looked_up(table: list[float] | list[int], index: Any) -> dict[str, Any]:
    literal = {"type": {"type": "array", "items": _KINDS[type(table[0])]}, "value": table}
    return {"attr": literal, "path": [index]}


def _curve(term: CurveTerm) -> dict[str, Any]:
    value = {
        "knots": list(term.knots),
        "intercepts": list(term.intercepts),
        "slopes": list(term.slopes),
        "missing": term.missing or 0.0,
    }
    return {"type": "Curve", "value": value}


def _pair(pair: PairTerm, features: Features, places: dict[str, int]) -> dict[str, Any]:
    cells = [
        _cell(axis, features[places[name]], places[name])
        for name, axis in zip(pair.fields, pair.axes, strict=True)
    ]
    kind = {"type": "array", "items": _NUMBERS}
    table = {"type": kind, "value": [list(row) for row in pair.table]}
    return {"attr": table, "path": cells}


def _cell(axis: Axis, field: Field, place: int) -> dict[str, Any]:
    if isinstance(axis, NumberAxis):
        edges = {"type": _NUMBERS, "value": list(axis.edges)}
        return {"u.cell": [_at("numbers", place), edges, axis.missing or 0]}
    return _looked_up(level_cells(axis, field), _at("codes", place))
