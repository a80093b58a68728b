"""The terms of a scorecard as derived fields of PMML, each the weight it adds."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise

from churn_contract.schema import Field
from churn_service.artefact.document import CurveTerm, LevelTerm
from churn_service.artefact.pairs import Axis, NumberAxis, PairTerm
from churn_service.exports.bisection import halved
from churn_service.exports.pmml_fields import (
    CATEGORICAL,
    CONTINUOUS,
    add_rows,
    apply,
    constant,
    derived_name,
    number,
    reference,
    value_map,
)

Element = ET.Element


def term_field(term: LevelTerm | CurveTerm, field: Field, name: str) -> Element:
    """Return the derived field of a term."""
    element = Element("DerivedField", {"name": name} | CONTINUOUS)
    source = derived_name(field)
    element.append(_levels(term, source) if isinstance(term, LevelTerm) else _curve(term, source))
    return element


def pair_fields(pair: PairTerm, fields: tuple[Field, Field], name: str) -> Iterator[Element]:
    """Yield the cells of both fields of a pair, then the weight of both together."""
    columns = {}
    for side, axis, field in zip("ab", pair.axes, fields, strict=True):
        columns[side] = f"{name}{side}"
        cell = Element("DerivedField", {"name": columns[side]} | CATEGORICAL)
        cell.append(_cell(axis, derived_name(field)))
        yield cell
    weight = Element("DerivedField", {"name": name} | CONTINUOUS)
    table = value_map(columns, {"dataType": "double"})
    add_rows(
        table,
        (
            {"a": str(row), "b": str(column), "out": number(value)}
            for row, line in enumerate(pair.table)
            for column, value in enumerate(line)
        ),
    )
    weight.append(table)
    yield weight


def _levels(term: LevelTerm, source: str) -> Element:
    attributes = {"dataType": "double"}
    if term.missing is not None:
        attributes["mapMissingTo"] = number(term.missing)
    if term.other is not None:
        attributes["defaultValue"] = number(term.other)
    table = value_map({"level": source}, attributes)
    add_rows(table, ({"level": k, "out": number(w)} for k, w in sorted(term.weights.items())))
    return table


def _curve(term: CurveTerm, source: str) -> Element:
    pieces = list(zip(term.intercepts, term.slopes, strict=True))

    def branch(knot: float, below: Element, above: Element) -> Element:
        return apply("if", apply("lessThan", reference(source), constant(knot)), below, above)

    value = halved(term.knots, lambda place: _piece(*pieces[place], source), branch)
    if term.missing is None:
        return value
    return apply("if", apply("isMissing", reference(source)), constant(term.missing), value)


def _piece(intercept: float, slope: float, source: str) -> Element:
    if not slope:
        return constant(intercept)
    return apply("+", constant(intercept), apply("*", constant(slope), reference(source)))


def _cell(axis: Axis, source: str) -> Element:
    attributes = {"dataType": "string"}
    if axis.missing is not None:
        attributes["mapMissingTo"] = str(axis.missing)
    if isinstance(axis, NumberAxis):
        return _binned(axis, Element("Discretize", {"field": source} | attributes))
    if axis.other is not None:
        attributes["defaultValue"] = str(axis.other)
    table = value_map({"level": source}, attributes)
    add_rows(table, ({"level": k, "out": str(cell)} for k, cell in sorted(axis.cells.items())))
    return table


def _binned(axis: NumberAxis, element: Element) -> Element:
    ends = [None, *map(number, axis.edges), None]
    for cell, (low, high) in enumerate(pairwise(ends)):
        limits = {"leftMargin": low, "rightMargin": high}
        found = {side: end for side, end in limits.items() if end is not None}
        bin_ = ET.SubElement(element, "DiscretizeBin", {"binValue": str(cell)})
        closure = "closedOpen" if low is not None else "openOpen"
        ET.SubElement(bin_, "Interval", {"closure": closure} | found)
    return element
