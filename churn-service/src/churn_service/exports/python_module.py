"""Python: one file that scores on bare Python, with the same bits."""

from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from churn_contract.cells import spellings
from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.document import Blend, Scorecard, Scorer
from churn_service.exports.exported import Exported

_TEMPLATE = "standalone.py.txt"


def write(model: Exported, target: Path) -> None:
    """Write the module; its name is that of the file."""
    packaged = resources.files("churn_service.exports") / _TEMPLATE
    content = msgspec.json.encode(tables_of(model), order="sorted").decode()
    text = packaged.read_text(encoding="utf-8")
    for mark, value in (("VERSION", model.version), ("MODULE", target.stem), ("MODEL", content)):
        text = text.replace(f"@{mark}@", value)
    target.write_text(text, encoding="utf-8")


def tables_of(model: Exported) -> dict[str, Any]:
    """Return all that scoring needs as plain lists and dictionaries."""
    document = model.document
    schema = document.schema
    return {
        "version": model.version,
        "threshold": document.threshold,
        "id": _raw_id(schema),
        "names": _names(schema),
        "fields": [_field(field) for field in schema.features],
        "scorer": _scorer(document.scorer, schema),
        "calibration": msgspec.to_builtins(document.calibration),
    }


def _raw_id(schema: CustomerSchema) -> str:
    described = schema.find(schema.id) if schema.id else None
    return (described.raw or described.name) if described else ""


def _names(schema: CustomerSchema) -> dict[str, str]:
    return {field.raw: field.name for field in schema.features if field.raw}


def _field(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": field.name,
        "kind": field.kind,
        "nullable": field.nullable,
        "blank": field.blank,
    }
    if field.kind == "number":
        return found | {"minimum": field.minimum, "maximum": field.maximum}
    return found | {
        "levels": field.levels,
        "spellings": spellings(field),
        "unknown": field.unknown,
    }


def _scorer(scorer: Scorer, schema: CustomerSchema) -> dict[str, Any]:
    if isinstance(scorer, Blend):
        members = [_scorer(member, schema) for member in scorer.members]
        return {"kind": "blend", "weights": scorer.weights, "members": members}
    tables: dict[str, Any] = msgspec.to_builtins(scorer)
    if isinstance(scorer, Scorecard):
        places = {field.name: place for place, field in enumerate(schema.features)}
        tables["pairs"] = [_pair(pair, places) for pair in tables.get("pairs", ())]
    return tables


def _pair(pair: dict[str, Any], places: dict[str, int]) -> dict[str, Any]:
    named = zip(pair["fields"], pair["axes"], strict=True)
    return {
        "axes": [axis | {"place": places[name]} for name, axis in named],
        "table": pair["table"],
    }
