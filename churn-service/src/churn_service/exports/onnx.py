"""ONNX: one graph in double precision, an input per field, written node by node."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from churn_contract.schema import CustomerSchema
from churn_service.artefact.calibration import (
    Calibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.artefact.document import Blend, CurveTerm, LevelTerm, Scorecard, Scorer
from churn_service.artefact.pairs import Axis, NumberAxis, PairTerm
from churn_service.exports.exported import Exported
from churn_service.exports.onnx_columns import Columns
from churn_service.exports.onnx_graph import Graph
from churn_service.exports.onnx_trees import add_trees

NAN = float("nan")


def write(model: Exported, target: Path) -> None:
    """Write the model; the outputs are churn_probability and churn."""
    document, graph = model.document, Graph()
    columns = Columns(graph, document.schema)
    logit = _logit(columns, document.scorer)
    chance = _chance(graph, document.calibration, logit)
    checked = graph.node("Where", columns.fits(), chance, graph.doubles(NAN))
    graph.output("churn_probability", checked, is_number=True)
    threshold = graph.doubles(document.threshold)
    graph.output("churn", graph.node("GreaterOrEqual", checked, threshold), is_number=False)
    facts = {"model_version": model.version, "threshold": repr(document.threshold)}
    target.write_bytes(graph.model(facts).SerializeToString(deterministic=True))


def _logit(columns: Columns, scorer: Scorer) -> str:
    if isinstance(scorer, Scorecard):
        return columns.graph.sum(list(_card(columns, scorer)))
    if not isinstance(scorer, Blend):
        return add_trees(columns, scorer)
    graph = columns.graph
    members = zip(scorer.weights, scorer.members, strict=True)
    parts = [
        graph.node("Mul", graph.doubles(weight), _logit(columns, member))
        for weight, member in members
    ]
    return graph.sum(parts)


def _card(columns: Columns, card: Scorecard) -> Iterator[str]:
    yield columns.graph.doubles(card.intercept)
    for place, term in enumerate(card.terms):
        if isinstance(term, LevelTerm):
            missing, other = _known(term.missing), _known(term.other)
            yield columns.looked_up(place, term.weights, missing, other)
    for place, term in enumerate(card.terms):
        if isinstance(term, CurveTerm):
            yield _curve(columns, place, term)
    for pair in card.pairs:
        yield _pair(columns, pair)


def _known(value: float | None) -> float:
    return NAN if value is None else value


def _curve(columns: Columns, place: int, term: CurveTerm) -> str:
    graph, number = columns.graph, columns.number(place)
    piece = _pieces(graph, number, term.knots)
    intercept = graph.node("Gather", graph.doubles(*term.intercepts), piece)
    slope = graph.node("Gather", graph.doubles(*term.slopes), piece)
    value = graph.node("Add", intercept, graph.node("Mul", slope, number))
    if term.missing is None:
        return value
    missing = graph.doubles(term.missing)
    return graph.node("Where", graph.node("IsNaN", number), missing, value)


def _pieces(graph: Graph, number: str, edges: tuple[float, ...]) -> str:
    """Return how many edges a number reaches: its piece, as bisect_right finds it."""
    row = graph.constant(np.array([edges], dtype=np.float64))
    reached = graph.node("Cast", graph.node("GreaterOrEqual", number, row), to=7)
    axes = graph.constant(np.array([1], dtype=np.int64))
    return graph.node("ReduceSum", reached, axes, keepdims=1)


def _pair(columns: Columns, pair: PairTerm) -> str:
    graph = columns.graph
    row, column = (
        _cell(columns, axis, name) for name, axis in zip(pair.fields, pair.axes, strict=True)
    )
    width = graph.constant(np.array(len(pair.table[0]), dtype=np.int64))
    place = graph.node("Add", graph.node("Mul", row, width), column)
    table = [value for line in pair.table for value in line]
    return graph.node("Gather", graph.constant(np.array(table)), place)


def _cell(columns: Columns, axis: Axis, name: str) -> str:
    graph, place = columns.graph, _place(columns.schema, name)
    if not isinstance(axis, NumberAxis):
        levels = columns.schema.features[place].levels
        cells = [*(axis.cells[level] for level in levels), axis.missing or 0, axis.other or 0]
        return graph.node("Cast", columns.gathered(place, [float(cell) for cell in cells]), to=7)
    number = columns.number(place)
    cell = _pieces(graph, number, axis.edges)
    if axis.missing is None:
        return cell
    missing = graph.constant(np.array(axis.missing, dtype=np.int64))
    return graph.node("Where", graph.node("IsNaN", number), missing, cell)


def _place(schema: CustomerSchema, name: str) -> int:
    return [field.name for field in schema.features].index(name)


def _chance(graph: Graph, calibration: Calibration, logit: str) -> str:
    if isinstance(calibration, IsotonicCalibration):
        return _isotonic(graph, calibration, logit)
    if isinstance(calibration, PlattCalibration):
        stretched = graph.node("Mul", graph.doubles(calibration.slope), logit)
        logit = graph.node("Add", graph.doubles(calibration.intercept), stretched)
    one = graph.doubles(1.0)
    odds = graph.node("Exp", graph.node("Neg", graph.node("Abs", logit)))
    lower = graph.node("Div", odds, graph.node("Add", one, odds))
    upper = graph.node("Div", one, graph.node("Add", one, odds))
    is_upper = graph.node("GreaterOrEqual", logit, graph.doubles(0.0))
    return graph.node("Where", is_upper, upper, lower)


def _isotonic(graph: Graph, calibration: IsotonicCalibration, logit: str) -> str:
    """Return the chance between two points, constant beyond the outer ones."""
    logits, chances = calibration.logits, calibration.probabilities
    piece = _pieces(graph, logit, logits)
    low, high = (logits[0], *logits), (*logits, logits[-1])
    widths = [b - a if b > a else 1.0 for a, b in zip(low, high, strict=True)]
    start = graph.node("Gather", graph.doubles(*low), piece)
    width = graph.node("Gather", graph.doubles(*widths), piece)
    below = graph.node("Gather", graph.doubles(chances[0], *chances), piece)
    rises = [b - a for a, b in zip((chances[0], *chances), (*chances, chances[-1]), strict=True)]
    rise = graph.node("Gather", graph.doubles(*rises), piece)
    share = graph.node("Div", graph.node("Sub", logit, start), width)
    return graph.node("Add", below, graph.node("Mul", share, rise))
