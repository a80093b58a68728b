"""TensorFlow: a SavedModel that takes one tensor per field and gives the probability.

Levels are strings, an empty one for a missing value; numbers are doubles, NaN for a missing
one. A row that does not fit scores NaN. Additions have the service's order.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from churn_contract.schema import Field
from churn_service.artefact.calibration import IsotonicCalibration, PlattCalibration
from churn_service.artefact.document import Blend, ModelDocument
from churn_service.artefact.trees import Trees
from churn_service.exports.coded import MISSING, UNKNOWN, codes, is_valid
from churn_service.exports.exported import Exported
from churn_service.exports.identifiers import identifiers
from churn_service.exports.tensorflow_terms import Column, Operations

ABOUT = "churn.json"


def write(model: Exported, target: Path) -> None:
    """Write the folder; `assets.extra/churn.json` says the version and the inputs' names."""
    library = importlib.import_module("tensorflow")
    features = model.document.schema.features
    names = identifiers(features)
    module = module_of(library, model.document, names)
    specs = [_spec(library, name, field) for name, field in zip(names, features, strict=True)]
    served = module.score.get_concrete_function(**dict(zip(names, specs, strict=True)))
    library.saved_model.save(module, str(target), signatures={"serving_default": served})
    (target / "fingerprint.pb").unlink(missing_ok=True)  # optional, and of other bytes each time
    (target / "assets.extra").mkdir()
    (target / "assets.extra" / ABOUT).write_bytes(_about(model, names))


def module_of(library: Any, document: ModelDocument, names: Sequence[str]) -> Any:
    """Return the module that TensorFlow saves: its tables of levels, and `score`."""
    features = document.schema.features
    module = library.Module()
    module.tables = [_table(library, field) for field in features if field.kind != "number"]

    def score(**inputs: Any) -> dict[str, Any]:
        tables = iter(module.tables)
        columns = [
            _column(library, field, inputs[name], tables)
            for name, field in zip(names, features, strict=True)
        ]
        return _scored(library, document, columns)

    module.score = library.function(score)
    return module


def _spec(library: Any, name: str, field: Field) -> Any:
    kind = library.float64 if field.kind == "number" else library.string
    return library.TensorSpec([None], kind, name=name)


def _table(library: Any, field: Field) -> Any:
    known = codes(field)
    pairs = library.lookup.KeyValueTensorInitializer(
        list(known), list(known.values()), library.string, library.int32
    )
    return library.lookup.StaticHashTable(pairs, UNKNOWN)


def _column(library: Any, field: Field, given: Any, tables: Any) -> Column:
    """Return the numbers of a field, blanks filled in, or the codes of its levels."""
    shape = library.shape(given)
    if field.kind != "number":
        zeros = library.zeros(shape, library.float64)
        return Column(zeros, next(tables).lookup(given))
    zeros = library.fill(shape, MISSING)
    if field.blank is None:
        return Column(given, zeros)
    blank = library.constant(field.blank, library.float64)
    return Column(library.where(library.math.is_nan(given), blank, given), zeros)


def _scored(library: Any, document: ModelDocument, columns: list[Column]) -> dict[str, Any]:
    operations = Operations(library, document.schema.features)
    logit = _logit(operations, document, columns)
    chance = _chance(library, operations, document, logit)
    nothing = operations.doubles(float("nan"))
    chance = library.where(_fits(library, document.schema.features, columns), chance, nothing)
    decision = chance >= operations.doubles(document.threshold)
    return {"churn_probability": chance, "churn": decision}


def _logit(operations: Operations, document: ModelDocument, columns: list[Column]) -> Any:
    scorer = document.scorer
    if not isinstance(scorer, Blend):
        return _member(operations, scorer, columns)
    total = operations.doubles(0.0)
    for weight, member in zip(scorer.weights, scorer.members, strict=True):
        total += operations.doubles(weight) * _member(operations, member, columns)
    return total


def _member(operations: Operations, scorer: Any, columns: list[Column]) -> Any:
    if isinstance(scorer, Trees):
        return operations.trees(scorer, columns)
    return operations.card(scorer, columns)


def _chance(library: Any, operations: Operations, document: ModelDocument, logit: Any) -> Any:
    calibration = document.calibration
    if isinstance(calibration, IsotonicCalibration):
        return operations.between(calibration, logit)
    if isinstance(calibration, PlattCalibration):
        slope = operations.doubles(calibration.slope)
        logit = operations.doubles(calibration.intercept) + slope * logit
    odds = library.exp(-library.abs(logit))
    return library.where(logit >= 0, 1.0 / (1.0 + odds), odds / (1.0 + odds))


def _fits(library: Any, features: Sequence[Field], columns: list[Column]) -> Any:
    answers = []
    for field, column in zip(features, columns, strict=True):
        if field.kind != "number":
            valid = library.constant(is_valid(field))
            answers.append(library.gather(valid, column.codes))
            continue
        inside = (column.numbers >= field.minimum) & (column.numbers <= field.maximum)
        missing = library.math.is_nan(column.numbers) & field.nullable
        answers.append(inside | missing)
    return library.reduce_all(library.stack(answers), axis=0)


def _about(model: Exported, names: Sequence[str]) -> bytes:
    fields = model.document.schema.features
    about = {
        "model_version": model.version,
        "threshold": model.document.threshold,
        "inputs": {field.name: name for field, name in zip(fields, names, strict=True)},
    }
    return msgspec.json.encode(about, order="sorted") + b"\n"
