"""The fields of a PMML document: what is taken, and levels in their canonical spelling."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

from churn_contract.schema import Field
from churn_service.exports.spelling import usual_spellings

Element = ET.Element
CONTINUOUS = {"optype": "continuous", "dataType": "double"}
CATEGORICAL = {"optype": "categorical", "dataType": "string"}


def number(value: float) -> str:
    """Return the shortest text that reads back as the same double."""
    return repr(float(value))


def input_name(field: Field) -> str:
    """Return the name under which a customer's value is given: that of the table."""
    return field.raw or field.name


def derived_name(field: Field) -> str:
    """Return the name that trees and terms read: canonical levels, or the number."""
    return input_name(field) if field.kind == "number" else f"level of {field.name}"


def data_field(field: Field) -> Element:
    """Describe one input and its valid values."""
    if field.kind == "number":
        element = Element("DataField", {"name": input_name(field)} | CONTINUOUS)
        limits = {
            "leftMargin": number(field.minimum or 0.0),
            "rightMargin": number(field.maximum or 0.0),
        }
        ET.SubElement(element, "Interval", {"closure": "closedClosed"} | limits)
        return element
    element = Element("DataField", {"name": input_name(field)} | CATEGORICAL)
    if field.unknown != "other":
        for text in sorted(usual_spellings(field)):
            ET.SubElement(element, "Value", {"value": text})
    return element


def mining_field(field: Field) -> Element:
    """Say what becomes of missing and invalid values of an input."""
    invalid = "asIs" if field.kind != "number" and field.unknown == "other" else "returnInvalid"
    element = Element("MiningField", {"name": input_name(field), "invalidValueTreatment": invalid})
    if field.blank is not None:
        shown = field.blank if isinstance(field.blank, str) else number(field.blank)
        element.set("missingValueReplacement", shown)
        element.set("missingValueTreatment", "asValue")
    elif not field.nullable:
        element.set("missingValueTreatment", "returnInvalid")
    return element


def canonical_field(field: Field) -> Element:
    """Return the field of a category's canonical level; an unknown one becomes `?`."""
    element = Element("DerivedField", {"name": derived_name(field)} | CATEGORICAL)
    attributes = {"defaultValue": "?"} if field.unknown == "other" else {}
    table = value_map({"text": input_name(field)}, attributes | {"dataType": "string"})
    add_rows(table, [{"text": t, "out": v} for t, v in sorted(usual_spellings(field).items())])
    element.append(table)
    return element


def value_map(columns: Mapping[str, str], attributes: Mapping[str, str]) -> Element:
    """Return an empty look-up of columns, each filled by a field; the answer is `out`."""
    table = Element("MapValues", {"outputColumn": "out", **attributes})
    for column, field in columns.items():
        ET.SubElement(table, "FieldColumnPair", {"field": field, "column": column})
    ET.SubElement(table, "InlineTable")
    return table


def add_rows(table: Element, rows: Iterable[Mapping[str, str]]) -> None:
    """Put rows into a look-up, in their order."""
    inline = table[-1]
    for row in rows:
        line = ET.SubElement(inline, "row")
        for column, text in row.items():
            ET.SubElement(line, column).text = text


def output_field(name: str) -> Element:
    """Return an output that holds what a model predicts."""
    return Element("OutputField", {"name": name, "feature": "predictedValue"} | CONTINUOUS)


def apply(function: str, *arguments: Element) -> Element:
    """Return the call of a function."""
    element = Element("Apply", {"function": function})
    element.extend(arguments)
    return element


def reference(name: str) -> Element:
    """Return the value of a field."""
    return Element("FieldRef", {"field": name})


def constant(value: float) -> Element:
    """Return a double."""
    element = Element("Constant", {"dataType": "double"})
    element.text = number(value)
    return element
