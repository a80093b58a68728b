"""The last model of a PMML chain: from logits to the probability."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from itertools import pairwise

from churn_service.artefact.calibration import (
    Calibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.exports.pmml_fields import CONTINUOUS, apply, constant, number, reference

Element = ET.Element


def calibrated(start: float, summands: Mapping[str, float], calibration: Calibration) -> Element:
    """Return the model of the probability of a logit.

    Args:
        start: What the sum begins with.
        summands: Weight of each field that holds a logit.
        calibration: How the sum becomes a probability.
    """
    model = Element("RegressionModel", {"functionName": "regression"})
    schema = ET.SubElement(model, "MiningSchema")
    for name in summands:
        ET.SubElement(schema, "MiningField", {"name": name})
    if isinstance(calibration, IsotonicCalibration):
        model.append(_isotonic(start, summands, calibration))
        model.append(_sum(0.0, {"calibrated": 1.0}))
        return model
    model.set("normalizationMethod", "logit")
    shift, stretch = 0.0, 1.0
    if isinstance(calibration, PlattCalibration):
        shift, stretch = calibration.intercept, calibration.slope
    stretched = {name: stretch * weight for name, weight in summands.items()}
    model.append(_sum(shift + stretch * start, stretched))
    return model


def _sum(intercept: float, weights: Mapping[str, float]) -> Element:
    table = Element("RegressionTable", {"intercept": number(intercept)})
    for name, weight in weights.items():
        ET.SubElement(table, "NumericPredictor", {"name": name, "coefficient": number(weight)})
    return table


def _isotonic(
    start: float, summands: Mapping[str, float], calibration: IsotonicCalibration
) -> Element:
    local = Element("LocalTransformations")
    logit = ET.SubElement(local, "DerivedField", {"name": "logit"} | CONTINUOUS)
    total = constant(start)
    for name, weight in summands.items():
        total = apply("+", total, apply("*", constant(weight), reference(name)))
    logit.append(total)
    chance = ET.SubElement(local, "DerivedField", {"name": "calibrated"} | CONTINUOUS)
    ends = {"field": "logit", "outliers": "asExtremeValues"}
    line = ET.SubElement(chance, "NormContinuous", ends)
    for orig, norm in _points(calibration):
        ET.SubElement(line, "LinearNorm", {"orig": number(orig), "norm": number(norm)})
    return local


def _points(calibration: IsotonicCalibration) -> Iterator[tuple[float, float]]:
    """Yield where the line turns; of a level stretch only both ends."""
    points = list(zip(calibration.logits, calibration.probabilities, strict=True))
    yield points[0]
    for (before, at), after in zip(pairwise(points), points[2:], strict=False):
        if not before[1] == at[1] == after[1]:
            yield at
    yield points[-1]
