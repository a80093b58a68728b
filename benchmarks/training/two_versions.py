"""Two small versions of one model for measuring what a change of the champion costs."""

import itertools
from pathlib import Path

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, Field, demo_schema
from churn_contract.validation import Validator
from churn_service.artefact.aliases import CHAMPION, write_alias
from churn_service.artefact.document import (
    CurveTerm,
    LevelTerm,
    ModelDocument,
    Scorecard,
    TrainingFacts,
)
from churn_service.artefact.golden import GoldenRow
from churn_service.artefact.writer import write_version
from churn_service.predictor import Predictor


def write_two_versions(root: Path) -> str:
    """Write two versions, make the first one the champion, return the second."""
    old, new = (_write(root, intercept) for intercept in (-0.4, 0.3))
    write_alias(root, "churn", CHAMPION, old, reason="bench", actor="bench")
    return new


def _write(root: Path, intercept: float) -> str:
    schema = demo_schema()
    document = ModelDocument(
        name="churn",
        schema=schema,
        schema_digest=schema.digest,
        threshold=0.5,
        scorer=Scorecard(intercept=intercept, terms=tuple(map(_term, schema.features))),
        training=TrainingFacts(data_sha256="d" * 64, config_sha256="c" * 64, rows=90, churned=30),
    )
    return write_version(root, document, _golden(document, schema), {})


def _golden(document: ModelDocument, schema: CustomerSchema) -> list[GoldenRow]:
    predictor = Predictor("bench", document, Validator(schema))
    found = []
    for record in itertools.islice(sample_customers(schema, 1), 50):
        cells = {name: "" if value is None else str(value) for name, value in record.items()}
        logit = predictor.logit(predictor.validator.check_text(cells))
        found.append(
            GoldenRow(cells=cells, logit=logit, churn_probability=predictor.probability(logit))
        )
    return found


def _term(field: Field) -> LevelTerm | CurveTerm:
    missing = 0.0 if field.accepts_missing else None
    if field.kind == "number":
        return CurveTerm(
            field=field.name,
            knots=(field.lowest or 0.0, field.highest or 1.0),
            intercepts=(0.0, 0.0, 0.0),
            slopes=(0.0, 0.01, 0.0),
            missing=missing,
        )
    weights = {level: 0.1 * index for index, level in enumerate(field.levels)}
    return LevelTerm(field=field.name, weights=weights, missing=missing)
