"""SQL: one SELECT that scores a table, for a database to run where the customers are.

The score of a row is NULL when a value of it does not fit: an unknown level, a number
outside its limits, a missing value where training saw none.
"""

from collections.abc import Iterable
from pathlib import Path

from churn_service.artefact.document import Blend, ModelDocument
from churn_service.exports.exported import Exported
from churn_service.exports.sql_calibration import calibrated, chance
from churn_service.exports.sql_columns import Columns
from churn_service.exports.sql_dialects import dialect_named, string
from churn_service.exports.sql_terms import Terms


def write(model: Exported, target: Path) -> None:
    """Write the statement; options: dialect, table."""
    target.write_text(statement(model), encoding="utf-8")


def statement(model: Exported) -> str:
    """Return the statement, with a comment that says what it is."""
    document = model.document
    dialect = dialect_named(model.choice("dialect", "ansi"))
    table = model.choice("table", "customers")
    source = ".".join(map(dialect.column, table.split(".")))
    columns = Columns(document.schema, document.scorer, dialect)
    fence, threshold = dialect.fence, dialect.double(document.threshold)
    # names are quoted by the dialect, texts and numbers by it too; nothing else is put in
    return f"""\
-- churn model {model.version}, {dialect.name} SQL; a score is NULL where a row does not fit
WITH customers_typed AS (
  SELECT
    {_lines(columns.typed())}
  FROM {source}{fence}
), customers_logit AS (
  SELECT
    customer_id,
    CASE WHEN {_both(columns.fits())} THEN
    {_logit(document, columns)} END AS logit
  FROM customers_typed{fence}
), customers_calibrated AS (
  SELECT customer_id, {calibrated(document.calibration, dialect)} AS logit
  FROM customers_logit{fence}
), customers_scored AS (
  SELECT customer_id, {chance(document.calibration, dialect)} AS churn_probability
  FROM customers_calibrated{fence}
)
SELECT
  customer_id,
  churn_probability,
  churn_probability >= {threshold} AS churn,
  {string(model.version)} AS model_version
FROM customers_scored
"""  # noqa: S608 - see above


def _lines(parts: Iterable[str]) -> str:
    return ",\n    ".join(parts)


def _both(parts: Iterable[str]) -> str:
    return "\n      AND ".join(parts) or "1 = 1"


def _logit(document: ModelDocument, columns: Columns) -> str:
    terms, scorer = Terms(columns), document.scorer
    if not isinstance(scorer, Blend):
        return _sum(terms.of(scorer))
    members = zip(scorer.weights, scorer.members, strict=True)
    return _sum(
        f"{columns.dialect.double(weight)} * ({_sum(terms.of(member))})"
        for weight, member in members
    )


def _sum(parts: Iterable[str]) -> str:
    return "\n    + ".join(parts)
