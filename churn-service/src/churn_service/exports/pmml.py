"""PMML 4.4: a chain of models in XML, from fields to logits to the probability.

Every member of the scorer is one segment: a regression over the weights of its terms, or
a sum of trees. The last segment adds the logits up and calibrates them.
"""

import xml.etree.ElementTree as ET
from pathlib import Path

from churn_contract.schema import Field
from churn_service.artefact.document import Blend, ModelDocument, Scorecard
from churn_service.artefact.trees import Trees
from churn_service.exports.exported import Exported
from churn_service.exports.pmml_calibration import calibrated
from churn_service.exports.pmml_fields import (
    apply,
    canonical_field,
    constant,
    data_field,
    derived_name,
    mining_field,
    number,
    output_field,
    reference,
)
from churn_service.exports.pmml_terms import pair_fields, term_field
from churn_service.exports.pmml_trees import tree_segments

NAMESPACE = "http://www.dmg.org/PMML-4_4"
SCORE, DECISION = "churn_probability", "churn"
Element = ET.Element


def write(model: Exported, target: Path) -> None:
    """Write the document."""
    root = pmml(model)
    ET.indent(root, " ")
    target.write_bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n")


def pmml(model: Exported) -> Element:
    """Return the document as an element."""
    document = model.document
    features = document.schema.features
    root = Element("PMML", {"version": "4.4", "xmlns": NAMESPACE})
    header = ET.SubElement(root, "Header", {"description": f"churn model {model.version}"})
    ET.SubElement(header, "Application", {"name": "churn-service"})
    dictionary = ET.SubElement(root, "DataDictionary")
    dictionary.extend(map(data_field, features))
    chain = ET.SubElement(root, "MiningModel", {"functionName": "regression"})
    chain.set("modelName", f"{document.name} {model.version}")
    schema = ET.SubElement(chain, "MiningSchema")
    schema.extend(map(mining_field, features))
    chain.append(_output(document.threshold))
    local = ET.SubElement(chain, "LocalTransformations")
    local.extend(canonical_field(field) for field in features if field.kind != "number")
    chain.append(_segments(document))
    return root


def _output(threshold: float) -> Element:
    output = Element("Output")
    output.append(output_field(SCORE))
    decision = ET.SubElement(output, "OutputField", {"name": DECISION})
    decision.attrib.update({
        "optype": "categorical",
        "dataType": "boolean",
        "feature": "transformedValue",
    })
    decision.append(apply("greaterOrEqual", reference(SCORE), constant(threshold)))
    return output


def _segments(document: ModelDocument) -> Element:
    scorer, features = document.scorer, document.schema.features
    members = scorer.members if isinstance(scorer, Blend) else (scorer,)
    weights = scorer.weights if isinstance(scorer, Blend) else (1.0,)
    chain = Element("Segmentation", {"multipleModelMethod": "modelChain"})
    start, summands = 0.0, {}
    for place, (member, weight) in enumerate(zip(members, weights, strict=True)):
        summands[f"logit{place}"] = weight
        start += weight * (member.base if isinstance(member, Trees) else 0.0)
        chain.append(_segment(f"member{place}", _member(member, features, f"logit{place}")))
    last = calibrated(start, summands, document.calibration)
    chain.append(_segment("calibration", last))
    return chain


def _segment(name: str, model: Element) -> Element:
    segment = Element("Segment", {"id": name})
    ET.SubElement(segment, "True")
    segment.append(model)
    return segment


def _member(member: Scorecard | Trees, features: tuple[Field, ...], name: str) -> Element:
    """Return the model of a member, less the base of its trees; `name` is its output."""
    kind = "MiningModel" if isinstance(member, Trees) else "RegressionModel"
    model = Element(kind, {"functionName": "regression"})
    schema = ET.SubElement(model, "MiningSchema")
    for field in features:
        ET.SubElement(schema, "MiningField", {"name": derived_name(field)})
    ET.SubElement(model, "Output").append(output_field(name))
    if isinstance(member, Trees):
        model.append(tree_segments(member, features))
    else:
        model.extend(_card(member, features))
    return model


def _card(card: Scorecard, features: tuple[Field, ...]) -> tuple[Element, Element]:
    """Return the weights of the terms and pairs, and their sum."""
    local = Element("LocalTransformations")
    table = Element("RegressionTable", {"intercept": number(card.intercept)})
    names = [f"term{place}" for place in range(len(card.terms))]
    local.extend(map(term_field, card.terms, features, names))
    known = {field.name: field for field in features}
    for place, pair in enumerate(card.pairs):
        first, second = pair.fields
        local.extend(pair_fields(pair, (known[first], known[second]), f"pair{place}"))
        names.append(f"pair{place}")
    for name in names:
        ET.SubElement(table, "NumericPredictor", {"name": name, "coefficient": "1.0"})
    return local, table
