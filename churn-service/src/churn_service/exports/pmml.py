"""PMML 4.4: a chain of models in XML, from fields to logits to the probability.

Every member of the scorer is one segment: a regression over the weights of its terms, or
a sum of trees. The last segment adds the logits up and calibrates them.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from churn_contract.schema import Field
from churn_service.artefact.calibration import (
    Calibration,
    IdentityCalibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.artefact.document import Blend, Scorecard, Scorer
from churn_service.artefact.trees import Trees
from churn_service.exports.exported import Exported
from churn_service.exports.pmml_fields import canonical_field, data_field, mining_field, number
from churn_service.exports.pmml_terms import pair_fields, term_field
from churn_service.exports.pmml_trees import tree_model

NAMESPACE = "http://www.dmg.org/PMML-4_4"
SCORE = "churn_probability"
Element = ET.Element


def write(model: Exported, target: Path) -> None:
    """Write the document."""
    root = pmml(model)
    ET.indent(root, " ")
    target.write_bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n")


def pmml(model: Exported) -> Element:
    """Return the document as an element."""
    document = model.document
    root = Element("PMML", {"version": "4.4", "xmlns": NAMESPACE})
    header = ET.SubElement(root, "Header", {"description": f"churn model {model.version}"})
    ET.SubElement(header, "Application", {"name": "churn-service"})
    dictionary = ET.SubElement(root, "DataDictionary")
    dictionary.extend(map(data_field, document.schema.features))
    chain = ET.SubElement(
        root,
        "MiningModel",
        {"modelName": document.name, "functionName": "regression", "modelVersion": model.version},
    )
    chain.append(_schema(document.schema.features))
    chain.append(_output(document.threshold))
    chain.append(_canonical(document.schema.features))
    chain.append(_segments(document.scorer, document.calibration, document.schema.features))
    return root


def _schema(features: tuple[Field, ...]) -> Element:
    schema = Element("MiningSchema")
    schema.extend(map(mining_field, features))
    return schema


def _output(threshold: float) -> Element:
    output = Element("Output")
    ET.SubElement(
        output,
        "OutputField",
        {"name": SCORE, "optype": "continuous", "dataType": "double", "feature": "predictedValue"},
    )
    decision = ET.SubElement(
        output,
        "OutputField",
        {
            "name": "churn",
            "optype": "categorical",
            "dataType": "boolean",
            "feature": "transformedValue",
        },
    )
    test = ET.SubElement(decision, "Apply", {"function": "greaterOrEqual"})
    ET.SubElement(test, "FieldRef", {"field": SCORE})
    constant = ET.SubElement(test, "Constant", {"dataType": "double"})
    constant.text = number(threshold)
    return output


def _canonical(features: tuple[Field, ...]) -> Element:
    """Return the fields that hold canonical levels, which trees and terms ask for."""
    local = Element("LocalTransformations")
    local.extend(canonical_field(field) for field in features if field.kind != "number")
    return local


def _segments(scorer: Scorer, calibration: Calibration, features: tuple[Field, ...]) -> Element:
    members = scorer.members if isinstance(scorer, Blend) else (scorer,)
    weights = scorer.weights if isinstance(scorer, Blend) else (1.0,)
    chain = Element("Segmentation", {"multipleModelMethod": "modelChain"})
    for place, member in enumerate(members):
        segment = ET.SubElement(chain, "Segment", {"id": f"member{place}"})
        ET.SubElement(segment, "True")
        segment.append(_member(member, features, f"logit{place}"))
    names = {f"logit{place}": weight for place, weight in enumerate(weights)}
    last = ET.SubElement(chain, "Segment", {"id": "calibration"})
    ET.SubElement(last, "True")
    last.append(_calibrated(names, calibration))
    return chain


def _member(member: Scorecard | Trees, features: tuple[Field, ...], output: str) -> Element:
    if isinstance(member, Trees):
        return tree_model(member, features, output)
    terms = [(term_field(term, place), f"term{place}") for place, term in enumerate(member.terms)]
    model = Element("RegressionModel", {"functionName": "regression"})
    model.append(_used_fields(features))
    model.append(logit_output(output))
    local = ET.SubElement(model, "LocalTransformations")
    local.extend(element for element, _ in terms)
    names = [name for _, name in terms]
    for place, pair in enumerate(member.pairs):
        local.extend(pair_fields(pair, f"pair{place}"))
        names.append(f"pair{place}")
    model.append(_sum(member.intercept, dict.fromkeys(names, 1.0)))
    return model


def _used_fields(features: tuple[Field, ...]) -> Element:
    schema = Element("MiningSchema")
    schema.extend(mining_field(field) for field in features)
    return schema


def logit_output(name: str) -> Element:
    """Return the output of a segment that later ones read."""
    output = Element("Output")
    attributes = {"optype": "continuous", "dataType": "double", "feature": "predictedValue"}
    ET.SubElement(output, "OutputField", {"name": name} | attributes)
    return output


def _sum(intercept: float, weights: dict[str, float]) -> Element:
    table = Element("RegressionTable", {"intercept": number(intercept)})
    for name, weight in weights.items():
        ET.SubElement(table, "NumericPredictor", {"name": name, "coefficient": number(weight)})
    return table


def _calibrated(weights: dict[str, float], calibration: Calibration) -> Element:
    model = Element("RegressionModel", {"functionName": "regression"})
    schema = ET.SubElement(model, "MiningSchema")
    for name in weights:
        ET.SubElement(schema, "MiningField", {"name": name})
    if isinstance(calibration, IsotonicCalibration):
        model.append(_isotonic(weights, calibration))
        model.append(_sum(0.0, {"calibrated": 1.0}))
        return model
    model.set("normalizationMethod", "logit")
    shift, stretch = _line(calibration)
    model.append(_sum(shift, {name: stretch * weight for name, weight in weights.items()}))
    return model


def _line(calibration: IdentityCalibration | PlattCalibration) -> tuple[float, float]:
    if isinstance(calibration, PlattCalibration):
        return calibration.intercept, calibration.slope
    return 0.0, 1.0


def _isotonic(weights: dict[str, float], calibration: IsotonicCalibration) -> Element:
    """Return the fields of the sum, and of the probability between the sum's steps."""
    local = Element("LocalTransformations")
    numeric = {"optype": "continuous", "dataType": "double"}
    total = ET.SubElement(local, "DerivedField", {"name": "logit"} | numeric)
    total.append(_weighted(list(weights.items())))
    calibrated = ET.SubElement(local, "DerivedField", {"name": "calibrated"} | numeric)
    line = ET.SubElement(
        calibrated, "NormContinuous", {"field": "logit", "outliers": "asExtremeValues"}
    )
    for logit, chance in _points(calibration):
        ET.SubElement(line, "LinearNorm", {"orig": number(logit), "norm": number(chance)})
    return local


def _points(calibration: IsotonicCalibration) -> Iterator[tuple[float, float]]:
    """Yield the points that the line turns at; of a long level only both ends."""
    points = list(zip(calibration.logits, calibration.probabilities, strict=True))
    yield points[0]
    for (before, at), after in zip(pairwise(points), points[2:], strict=False):
        if not before[1] == at[1] == after[1]:
            yield at
    yield points[-1]


def _weighted(weights: list[tuple[str, float]]) -> Element:
    """Return the sum of fields, each times its weight."""
    name, weight = weights[0]
    product = Element("Apply", {"function": "*"})
    ET.SubElement(product, "FieldRef", {"field": name})
    constant = ET.SubElement(product, "Constant", {"dataType": "double"})
    constant.text = number(weight)
    if len(weights) == 1:
        return product
    total = Element("Apply", {"function": "+"})
    total.extend([product, _weighted(weights[1:])])
    return total
