"""Customers in an ONNX graph: one input per field, checked, as doubles and level places."""

from collections.abc import Mapping, Sequence

import numpy as np
from onnx import numpy_helper

from churn_contract.cells import spellings
from churn_contract.schema import CustomerSchema, Field
from churn_service.exports.onnx_graph import ML_DOMAIN, Graph


class Columns:
    """The inputs of a graph by place in the schema.

    A number is a double; missing is NaN. A level is its place in the schema's list,
    the number of levels for a missing one, and one more for one that nobody knows.
    """

    def __init__(self, graph: Graph, schema: CustomerSchema) -> None:
        self.graph = graph
        self.schema = schema
        self._columns = [
            _number(graph, field) if field.kind == "number" else _level(graph, field)
            for field in schema.features
        ]

    def number(self, place: int) -> str:
        """Return the doubles of a number field."""
        return self._columns[place]

    def looked_up(
        self, place: int, by_level: Mapping[str, float], missing: float, other: float
    ) -> str:
        """Return a double per row, looked up by level."""
        levels = self.schema.features[place].levels
        return self.gathered(place, [*(by_level[level] for level in levels), missing, other])

    def gathered(self, place: int, table: Sequence[float]) -> str:
        """Return a double per row from a table over the places of levels."""
        return self.graph.node("Gather", self.graph.doubles(*table), self._columns[place])

    def fits(self) -> str:
        """Return whether a row may be scored, as the service would."""
        fitting = [self._fits(place) for place in range(len(self.schema.features))]
        total, *rest = fitting
        for part in rest:
            total = self.graph.node("And", total, part)
        return total

    def _fits(self, place: int) -> str:
        graph, field = self.graph, self.schema.features[place]
        if field.kind != "number":
            known = [True] * len(field.levels)
            table = np.array([*known, field.nullable, field.unknown == "other"])
            return graph.node("Gather", graph.constant(table), self._columns[place])
        low = graph.doubles(field.minimum or 0.0)
        high = graph.doubles(field.maximum or 0.0)
        column = self._columns[place]
        above = graph.node("GreaterOrEqual", column, low)
        inside = graph.node("And", above, graph.node("LessOrEqual", column, high))
        if not field.nullable:
            return inside
        return graph.node("Or", inside, graph.node("IsNaN", column))


def _number(graph: Graph, field: Field) -> str:
    column = graph.column(field.name, is_number=True)
    if field.blank is None:
        return column
    blank = graph.doubles(float(field.blank))
    return graph.node("Where", graph.node("IsNaN", column), blank, column)


def _level(graph: Graph, field: Field) -> str:
    column = graph.column(field.name, is_number=False)
    places = {level: place for place, level in enumerate(field.levels)}
    known = {text: places[level] for text, level in spellings(field).items()}
    missing = len(places) if field.blank is None else places[str(field.blank)]
    known[""] = missing
    texts = sorted(known)
    keys = numpy_helper.from_array(np.array(texts, dtype=object))
    found = np.array([known[text] for text in texts], dtype=np.int64)
    return graph.node(
        "LabelEncoder",
        column,
        domain=ML_DOMAIN,
        keys_tensor=keys,
        values_tensor=numpy_helper.from_array(found),
        default_tensor=numpy_helper.from_array(np.array([len(places) + 1], dtype=np.int64)),
    )
