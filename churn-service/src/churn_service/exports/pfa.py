"""PFA: a scoring engine as a document of JSON (Portable Format for Analytics 0.8.1).

A row that does not fit, by level, limits or what is missing, gives null.
"""

from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec

from churn_contract.schema import Field
from churn_service.artefact.calibration import (
    Calibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.artefact.document import Blend, ModelDocument
from churn_service.artefact.trees import Trees
from churn_service.exports.coded import codes, is_valid
from churn_service.exports.exported import Exported
from churn_service.exports.identifiers import identifiers
from churn_service.exports.pfa_functions import MISSING_NUMBER, functions
from churn_service.exports.pfa_scorer import card_steps, tree_steps, tree_tables

_NUMBERS = {"type": "array", "items": "double"}
_CODES = {"type": "array", "items": "int"}
_CURVE_FIELDS = [
    *({"name": name, "type": _NUMBERS} for name in ("knots", "intercepts", "slopes")),
    {"name": "missing", "type": "double"},
]
_SCORE = [
    {"name": "churn_probability", "type": "double"},
    {"name": "churn", "type": "boolean"},
    {"name": "model_version", "type": "string"},
]


def write(model: Exported, target: Path) -> None:
    """Write the document."""
    target.write_bytes(msgspec.json.encode(engine(model), order="sorted") + b"\n")


def engine(model: Exported) -> dict[str, Any]:
    """Return the document as dictionaries and lists."""
    document = model.document
    features = document.schema.features
    return {
        "name": f"Churn_{model.version}",
        "method": "map",
        "doc": "Churn probability of a customer; null where a value does not fit",
        "metadata": {
            "model": document.name,
            "model_version": model.version,
            "threshold": repr(document.threshold),
        },
        "input": _input(features),
        "output": ["null", {"type": "record", "name": "Score", "fields": _SCORE}],
        "cells": _cells(document),
        "fcns": functions(),
        "action": [*_values(features), _action(model)],
    }


def _input(features: tuple[Field, ...]) -> dict[str, Any]:
    kinds = {"number": "double"}
    fields = [
        {"name": name, "type": ["null", kinds.get(field.kind, "string")], "doc": field.raw}
        for name, field in zip(identifiers(features), features, strict=True)
    ]
    return {"type": "record", "name": "Customer", "fields": fields}


def _cells(document: ModelDocument) -> dict[str, Any]:
    """Return the tables: of trees, and one for the type of curves, which PFA names once."""
    curve = {"type": "record", "name": "Curve", "fields": _CURVE_FIELDS}
    flat = {"knots": [], "intercepts": [], "slopes": [], "missing": 0.0}
    cells: dict[str, Any] = {"flat": {"type": curve, "init": flat}}
    for name, _, member in _members(document):
        if isinstance(member, Trees):
            cells[f"{name}_tables"] = tree_tables(member, document.schema.features, name)
    return cells


def _members(document: ModelDocument) -> Iterator[tuple[str, float, Any]]:
    """Yield name, weight and scorer of each member."""
    scorer = document.scorer
    if not isinstance(scorer, Blend):
        yield "member0", 1.0, scorer
        return
    for place, (weight, member) in enumerate(zip(scorer.weights, scorer.members, strict=True)):
        yield f"member{place}", weight, member


def _values(features: tuple[Field, ...]) -> Iterator[Any]:
    """Yield the steps that read a customer into `numbers` and `codes`."""
    named = list(zip(identifiers(features), features, strict=True))
    numbers = [_number(name, field) if field.kind == "number" else 0.0 for name, field in named]
    levels = [_code(name, field) if field.kind != "number" else 0 for name, field in named]
    yield {"let": {"numbers": {"type": _NUMBERS, "new": numbers}}}
    yield {"let": {"codes": {"type": _CODES, "new": levels}}}


def _number(name: str, field: Field) -> dict[str, Any]:
    missing = MISSING_NUMBER if field.blank is None else field.blank
    return {"ifnotnull": {"known": f"input.{name}"}, "then": "known", "else": missing}


def _code(name: str, field: Field) -> dict[str, Any]:
    table = {"type": {"type": "map", "values": "int"}, "value": codes(field)}
    return {"u.code": [f"input.{name}", table]}


def _action(model: Exported) -> dict[str, Any]:
    """Return the step that scores a customer who fits, and answers null otherwise."""
    document = model.document
    fits = reduce(_both, _fits(document.schema.features))
    return {"if": fits, "then": list(_scored(model)), "else": None}


def _both(first: Any, second: Any) -> dict[str, Any]:
    return {"&&": [first, second]}


def _fits(features: tuple[Field, ...]) -> Iterator[Any]:
    for place, field in enumerate(features):
        if field.kind != "number":
            valid = {"type": {"type": "array", "items": "boolean"}, "value": is_valid(field)}
            yield {"attr": valid, "path": [{"attr": "codes", "path": [place]}]}
            continue
        number = {"attr": "numbers", "path": [place]}
        within = _both({"<=": [field.minimum, number]}, {"<=": [number, field.maximum]})
        missing = {"==": [number, MISSING_NUMBER]}
        yield {"||": [missing, within]} if field.nullable else within


def _scored(model: Exported) -> Iterator[Any]:
    document = model.document
    features = document.schema.features
    yield {"let": {"logit": 0.0}}
    for name, weight, member in _members(document):
        if isinstance(member, Trees):
            yield from tree_steps(member, name)
        else:
            yield from card_steps(member, features, name)
        yield {"set": {"logit": {"+": ["logit", {"*": [weight, name]}]}}}
    yield {"let": {"chance": _calibrated(document.calibration)}}
    score = {
        "churn_probability": "chance",
        "churn": {">=": ["chance", document.threshold]},
        "model_version": {"string": model.version},
    }
    yield {"type": "Score", "new": score}


def _calibrated(calibration: Calibration) -> dict[str, Any]:
    if isinstance(calibration, PlattCalibration):
        line = {"+": [calibration.intercept, {"*": [calibration.slope, "logit"]}]}
        return {"u.chance": [line]}
    if isinstance(calibration, IsotonicCalibration):
        tables = (calibration.logits, calibration.probabilities)
        literals = [{"type": _NUMBERS, "value": list(table)} for table in tables]
        return {"u.between": ["logit", *literals]}
    return {"u.chance": ["logit"]}
