"""SQL: one SELECT that scores a table, for a database to run where the customers are.

The score of a row is NULL when a value of it does not fit: an unknown level, a number
outside its limits, a missing value where training saw none.
"""

from collections.abc import Iterator
from pathlib import Path

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.calibration import (
    Calibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.artefact.document import Blend, Scorer
from churn_service.exports.exported import Exported
from churn_service.exports.spelling import usual_spellings
from churn_service.exports.sql_dialects import Dialect, dialect_named, double, string
from churn_service.exports.sql_terms import UNKNOWN, scorer_terms

_MOST_OF_A_LOGIT = "700"  # beyond, exp under- or overflows, which PostgreSQL refuses


def write(model: Exported, target: Path) -> None:
    """Write the statement; options: dialect, table."""
    target.write_text(statement(model), encoding="utf-8")


def statement(model: Exported) -> str:
    """Return the statement, with a comment that says what it is."""
    document = model.document
    dialect = dialect_named(model.choice("dialect", "ansi"))
    table = model.choice("table", "customers")
    source = ".".join(map(dialect.column, table.split(".")))
    threshold = double(document.threshold)
    # names are quoted by the dialect, texts and numbers by it too; nothing else is put in
    return f"""\
-- churn model {model.version}, {dialect.name} SQL; a score is NULL where a row does not fit
WITH customers_typed AS (
  SELECT
    {_lines(_typed(document.schema, dialect))}
  FROM {source}
), customers_logit AS (
  SELECT
    customer_id,
    CASE WHEN {_both(_fits(document.schema))} THEN
    {_logit(document.scorer, document.schema)} END AS logit
  FROM customers_typed
), customers_calibrated AS (
  SELECT customer_id, {_calibrated(document.calibration)} AS logit FROM customers_logit
), customers_scored AS (
  SELECT customer_id, {_chance(document.calibration)} AS churn_probability
  FROM customers_calibrated
)
SELECT
  customer_id,
  churn_probability,
  churn_probability >= {threshold} AS churn,
  {string(model.version)} AS model_version
FROM customers_scored
"""  # noqa: S608 - see above


def _lines(parts: Iterator[str]) -> str:
    return ",\n    ".join(parts)


def _both(parts: Iterator[str]) -> str:
    return "\n      AND ".join(parts)


def _typed(schema: CustomerSchema, dialect: Dialect) -> Iterator[str]:
    """Yield one column per feature: a double, or a canonical level, or NULL."""
    id_field = schema.find(schema.id) if schema.id else None
    identity = dialect.column(id_field.raw or id_field.name) if id_field else "NULL"
    yield f"{identity} AS customer_id"
    for place, field in enumerate(schema.features):
        column = dialect.column(field.raw or field.name)
        read = _number if field.kind == "number" else _level
        yield f"{read(field, column, dialect)} AS f{place}"


def _number(field: Field, column: str, dialect: Dialect) -> str:
    number = dialect.number.format(column)
    if field.blank is None:
        return number
    return f"COALESCE({number}, {double(float(field.blank))})"


def _level(field: Field, column: str, dialect: Dialect) -> str:
    """Return the canonical level; NULL when there is none, a mark when nobody knows it."""
    text = f"CAST({column} AS {dialect.text})"
    missing = "NULL" if field.blank is None else string(str(field.blank))
    cases = " ".join(
        f"WHEN {string(spelling)} THEN {string(level)}"
        for spelling, level in sorted(usual_spellings(field).items())
    )
    known = f"CASE {text} {cases} WHEN '' THEN {missing} ELSE {string(UNKNOWN)} END"
    return f"CASE WHEN {column} IS NULL THEN {missing} ELSE {known} END"


def _fits(schema: CustomerSchema) -> Iterator[str]:
    """Yield what must hold of each column for the row to be scored."""
    for place, field in enumerate(schema.features):
        name = f"f{place}"
        if field.kind == "number":
            low, high = double(field.minimum or 0.0), double(field.maximum or 0.0)
            holds = f"{name} BETWEEN {low} AND {high}"
        elif field.unknown == "other":
            holds = f"{name} IS NOT NULL"
        else:
            holds = f"{name} <> {string(UNKNOWN)}"
        yield f"({name} IS NULL OR {holds})" if field.nullable else holds


def _logit(scorer: Scorer, schema: CustomerSchema) -> str:
    if isinstance(scorer, Blend):
        members = zip(scorer.weights, scorer.members, strict=True)
        parts = [f"{double(weight)} * ({_logit(member, schema)})" for weight, member in members]
        return "\n    + ".join(parts)
    return "\n    + ".join(scorer_terms(scorer, schema))


def _calibrated(calibration: Calibration) -> str:
    most = f"{_MOST_OF_A_LOGIT}e0"
    # not LEAST and GREATEST: some databases take NULL out of them, and a bad row would score
    logit = f"CASE WHEN logit > {most} THEN {most} WHEN logit < -{most} THEN -{most} ELSE logit END"
    if isinstance(calibration, PlattCalibration):
        return f"{double(calibration.intercept)} + {double(calibration.slope)} * ({logit})"
    return logit


def _chance(calibration: Calibration) -> str:
    if isinstance(calibration, IsotonicCalibration):
        return _isotonic(calibration)
    return (
        "CASE WHEN logit >= 0e0 THEN 1e0 / (1e0 + EXP(-logit)) "
        "ELSE EXP(logit) / (1e0 + EXP(logit)) END"
    )


def _isotonic(calibration: IsotonicCalibration) -> str:
    logits, chances = calibration.logits, calibration.probabilities
    cases = [
        f"WHEN logit IS NULL THEN NULL WHEN logit < {double(logits[0])} THEN {double(chances[0])}"
    ]
    for place in range(1, len(logits)):
        low, high = chances[place - 1], chances[place]
        share = (
            f"(logit - {double(logits[place - 1])}) / "
            f"({double(logits[place])} - {double(logits[place - 1])})"
        )
        cases.append(
            f"WHEN logit < {double(logits[place])} "
            f"THEN {double(low)} + {share} * ({double(high)} - {double(low)})"
        )
    return f"CASE {' '.join(cases)} ELSE {double(chances[-1])} END"
