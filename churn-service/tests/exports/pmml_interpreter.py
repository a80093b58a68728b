"""A small evaluator of PMML: enough of version 4.4 for our own exports.

It is written from the specification, not from the writer; runtimes of others score all
Telco customers in `python -m benchmarks.serving --only exports`.
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

Values = dict[str, Any]
Element = ET.Element


class InvalidValueError(Exception):
    """A value that the document refuses."""


class Evaluator:
    """One document, ready to score."""

    def __init__(self, path: Path) -> None:
        text = re.sub(r' xmlns="[^"]+"', "", path.read_text(encoding="utf-8"), count=1)
        self.root = ET.fromstring(text)  # noqa: S314 - our own file
        self.model = found(self.root, "MiningModel")
        self.fields = {field.get("name"): field for field in self.root.iter("DataField")}

    def score(self, given: Mapping[str, Any]) -> Values:
        """Return the outputs, None for all where a value is refused."""
        try:
            values = {
                str(field.get("name")): self._taken(field, given.get(str(field.get("name"))))
                for field in found(self.model, "MiningSchema")
            }
        except InvalidValueError:
            return {}
        return run(self.model, values)

    def _taken(self, mining: Element, value: Any) -> Any:
        field = self.fields[mining.get("name")]
        is_number = field.get("dataType") == "double"
        if value is None and (replacement := mining.get("missingValueReplacement")):
            return float(replacement) if is_number else replacement
        if value is None:
            if mining.get("missingValueTreatment") == "returnInvalid":
                raise InvalidValueError
            return None
        valid = within(field, value) if is_number else is_listed(field, value)
        if not valid and mining.get("invalidValueTreatment") == "returnInvalid":
            raise InvalidValueError
        return value


def found(element: Element, name: str) -> Element:
    child = element.find(name)
    assert child is not None, f"no {name}"
    return child


def within(holder: Element, value: float) -> bool:
    interval = found(holder, "Interval")
    low, high = (
        float(interval.get(f"{s}Margin", d)) for s, d in (("left", "-inf"), ("right", "inf"))
    )
    closure = str(interval.get("closure"))
    left = low <= value if closure.startswith("closed") else low < value
    return left and (value <= high if closure.endswith("Closed") else value < high)


def is_listed(field: Element, value: str) -> bool:
    listed = [item.get("value") for item in field.iter("Value")]
    return not listed or value in listed


def run(model: Element, values: Values) -> Values:
    """Return the outputs of a model; its derived fields join the values it sees."""
    seen = dict(values)
    for derived in model.findall("LocalTransformations/DerivedField"):
        seen[str(derived.get("name"))] = express(derived[0], seen)
    predicted = MODELS[model.tag](model, seen)
    outputs: Values = {}
    for output in model.findall("Output/OutputField"):
        is_prediction = output.get("feature") == "predictedValue"
        value = predicted if is_prediction else express(output[0], {**seen, **outputs})
        outputs[str(output.get("name"))] = value
    return outputs or {"": predicted}


def _mining(model: Element, values: Values) -> float:
    segmentation = found(model, "Segmentation")
    results: list[float] = []
    seen = dict(values)
    for segment in segmentation.findall("Segment"):
        assert segment[0].tag == "True"
        outputs = run(segment[1], seen)
        seen |= outputs
        results.append(next(iter(outputs.values())))
    return sum(results) if segmentation.get("multipleModelMethod") == "sum" else results[-1]


def _regression(model: Element, values: Values) -> float:
    table = found(model, "RegressionTable")
    total = float(table.get("intercept", "0"))
    for predictor in table.findall("NumericPredictor"):
        total += float(str(predictor.get("coefficient"))) * values[str(predictor.get("name"))]
    if model.get("normalizationMethod", "none") == "none":
        return total
    assert model.get("normalizationMethod") == "logit"
    return 1.0 / (1.0 + math.exp(-total))


def _tree(model: Element, values: Values) -> float:
    assert model.get("missingValueStrategy") == "defaultChild"
    node = found(model, "Node")
    while children := node.findall("Node"):
        answers = [holds(child, values) for child in children]
        if None in answers:
            (node,) = [child for child in children if child.get("id") == node.get("defaultChild")]
        else:
            assert sum(map(bool, answers)) == 1
            node = children[answers.index(True)]
    return float(str(node.get("score")))


def holds(node: Element, values: Values) -> bool | None:
    """Return the truth of a node's predicate; None when it is not known."""
    test = node[0]
    value = values[str(test.get("field"))]
    if value is None:
        return None
    if test.tag == "SimplePredicate":
        limit = float(str(test.get("value")))
        return value <= limit if test.get("operator") == "lessOrEqual" else value > limit
    items = re.findall(r'"((?:\\.|[^"\\])*)"', found(test, "Array").text or "")
    listed = value in [re.sub(r"\\(.)", r"\1", item) for item in items]
    return listed == (test.get("booleanOperator") == "isIn")


def express(element: Element, values: Values) -> Any:
    return EXPRESSIONS[element.tag](element, values)


def _constant(element: Element, _: Values) -> float:
    return float(element.text or "")


def _apply(element: Element, values: Values) -> Any:
    name = element.get("function")
    if name == "if":
        test = express(element[0], values)
        return None if test is None else express(element[1 if test else 2], values)
    arguments = [express(child, values) for child in element]
    if name == "isMissing":
        return arguments[0] is None
    if None in arguments:
        return None
    functions: dict[str | None, Callable[[Any, Any], Any]] = {
        "+": lambda a, b: a + b,
        "*": lambda a, b: a * b,
        "lessThan": lambda a, b: a < b,
        "greaterOrEqual": lambda a, b: a >= b,
    }
    return functions[name](*arguments)


def _mapped(element: Element, values: Values) -> Any:
    read = float if element.get("dataType") == "double" else str
    pairs = {
        str(pair.get("column")): values[str(pair.get("field"))]
        for pair in element.findall("FieldColumnPair")
    }
    answer = element.get("defaultValue")
    if None in pairs.values():
        answer = element.get("mapMissingTo")
    else:
        for row in found(element, "InlineTable"):
            if all(row.findtext(column) == value for column, value in pairs.items()):
                answer = row.findtext(str(element.get("outputColumn")))
                break
    return None if answer is None else read(answer)


def _discretized(element: Element, values: Values) -> str | None:
    value = values[str(element.get("field"))]
    if value is None:
        return element.get("mapMissingTo")
    (cell,) = [item.get("binValue") for item in element if within(item, value)]
    return cell


def _normed(element: Element, values: Values) -> float:
    assert element.get("outliers") == "asExtremeValues"
    x = values[str(element.get("field"))]
    points = [(float(str(p.get("orig"))), float(str(p.get("norm")))) for p in element]
    if x <= points[0][0]:
        return points[0][1]
    for (low, start), (high, end) in pairwise(points):
        if x <= high:
            return start + (x - low) / (high - low) * (end - start)
    return points[-1][1]


MODELS: dict[str, Callable[[Element, Values], float]] = {
    "MiningModel": _mining,
    "RegressionModel": _regression,
    "TreeModel": _tree,
}
EXPRESSIONS: dict[str, Callable[[Element, Values], Any]] = {
    "FieldRef": lambda element, values: values[str(element.get("field"))],
    "Constant": _constant,
    "Apply": _apply,
    "MapValues": _mapped,
    "Discretize": _discretized,
    "NormContinuous": _normed,
}
