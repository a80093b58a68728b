"""Boosted trees as a PMML model that sums its segments up."""

import xml.etree.ElementTree as ET

from churn_contract.schema import Field
from churn_service.artefact.trees import LEAF, NO_SET, Trees
from churn_service.exports.pmml_fields import derived_name, number

Element = ET.Element


def tree_segments(trees: Trees, features: tuple[Field, ...]) -> Element:
    """Return one segment per tree; their values are added in this order."""
    total = Element("Segmentation", {"multipleModelMethod": "sum"})
    for place, root in enumerate(trees.roots):
        segment = ET.SubElement(total, "Segment", {"id": str(place)})
        ET.SubElement(segment, "True")
        segment.append(_tree(trees, root, features))
    return total


def _tree(trees: Trees, root: int, features: tuple[Field, ...]) -> Element:
    model = Element(
        "TreeModel",
        {
            "functionName": "regression",
            "missingValueStrategy": "defaultChild",
            "splitCharacteristic": "binarySplit",
        },
    )
    schema = ET.SubElement(model, "MiningSchema")
    for feature in sorted(_used(trees, root)):
        ET.SubElement(schema, "MiningField", {"name": derived_name(features[feature])})
    model.append(_node(trees, root, features, Element("True")))
    return model


def _used(trees: Trees, node: int) -> set[int]:
    if trees.feature[node] == LEAF:
        return set()
    below = _used(trees, trees.left[node]) | _used(trees, trees.right[node])
    return below | {trees.feature[node]}


def _node(trees: Trees, node: int, features: tuple[Field, ...], predicate: Element) -> Element:
    if trees.feature[node] == LEAF:
        leaf = Element("Node", {"id": str(node), "score": number(trees.value[node])})
        leaf.append(predicate)
        return leaf
    left, right = trees.left[node], trees.right[node]
    preferred = left if trees.missing_left[node] else right
    element = Element("Node", {"id": str(node), "defaultChild": str(preferred)})
    element.append(predicate)
    for child, test in zip((left, right), _tests(trees, node, features), strict=True):
        element.append(_node(trees, child, features, test))
    return element


def _tests(trees: Trees, node: int, features: tuple[Field, ...]) -> tuple[Element, Element]:
    """Return what holds on the left and on the right side."""
    field = features[trees.feature[node]]
    name, chosen = {"field": derived_name(field)}, trees.category_set[node]
    if chosen == NO_SET:
        value = {"value": number(trees.threshold[node])}
        return (
            Element("SimplePredicate", name | {"operator": "lessOrEqual"} | value),
            Element("SimplePredicate", name | {"operator": "greaterThan"} | value),
        )
    left = frozenset(trees.category_sets[chosen])
    if trees.missing_left[node]:  # an unknown level goes left too: ask for those on the right
        others = frozenset(field.levels) - left
        return _among(name, "isNotIn", others), _among(name, "isIn", others)
    return _among(name, "isIn", left), _among(name, "isNotIn", left)


def _among(name: dict[str, str], operator: str, levels: frozenset[str]) -> Element:
    element = Element("SimpleSetPredicate", name | {"booleanOperator": operator})
    values = ET.SubElement(element, "Array", {"type": "string", "n": str(len(levels))})
    values.text = " ".join(map(_quoted, sorted(levels)))
    return element


def _quoted(level: str) -> str:
    return '"' + level.replace("\\", "\\\\").replace('"', '\\"') + '"'
