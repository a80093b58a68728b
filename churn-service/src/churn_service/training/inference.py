"""From a table and a training file to the schema of its customers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from churn_contract.schema import CustomerSchema, Field, OutcomeField, canonical_name
from churn_service.training.columns import Column, Inferred, infer_field
from churn_service.training.config import ColumnConfig, TrainConfig, nearest
from churn_service.training.content import is_number
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.findings import Finding, accepted, finding, stop_at_errors
from churn_service.training.numbers import plain_numbers
from churn_service.training.outcome import infer_outcome
from churn_service.training.special_columns import (
    check_ids,
    check_times,
    horizon_of,
    special_columns,
)
from churn_service.training.table import Table

MOST_FEATURES = 500
RESERVED = "customer_id"  # the id's name in requests where the schema names none
_NO_CONFIG = ColumnConfig()
_MOST_REASONS = 10


@dataclass(frozen=True)
class TableInference:
    """The schema of a table's customers, and what was found out on the way.

    `cells` has the cells of each feature by canonical name, as the validator
    reads them: numbers plain, dates as ages, words for missing as empty.
    """

    schema: CustomerSchema
    findings: tuple[Finding, ...]
    cells: Mapping[str, Sequence[str]]


def infer_schema(
    table: Table, config: TrainConfig, name: str
) -> tuple[CustomerSchema, list[Finding]]:
    """Return the schema of a table's customers and what the checks noticed."""
    found = infer_table(table, config, name)
    return found.schema, list(found.findings)


def infer_table(table: Table, config: TrainConfig, name: str) -> TableInference:
    """Find out what every column of a table is.

    Raises:
        ConfigError: The training file names what the table does not have.
        DataError: The table cannot be used as the training file says; every
            finding of the level error is listed, with its cure.
    """
    _check_named(table, config)
    outcome, findings = infer_outcome(table, config)
    check_ids(table, config)
    check_times(table, config)
    inferred = _columns(table, config, outcome)
    schema = _schema(name, table, config, inferred)
    findings += _table_findings(table, schema, config)
    findings += [noticed for each in inferred for noticed in each.findings]
    stop_at_errors(findings, schema)
    cells = {each.field.name: each.cells for each in inferred}
    return TableInference(schema, tuple(findings), cells)


def _columns(table: Table, config: TrainConfig, outcome: Field) -> list[Inferred]:
    by_name = {canonical_name(column): entry for column, entry in config.columns.items()}
    special = special_columns(table, config) | {outcome.name: outcome}
    inferred = []
    for index, raw in enumerate(table.header):
        canonical = canonical_name(raw)
        if canonical in special:
            inferred.append(Inferred(special[canonical], (), ()))
            continue
        entry = by_name.get(canonical, _NO_CONFIG)
        column = Column(raw, table.column(index), entry, config.snapshot_date)
        inferred.append(infer_field(column))
    return inferred


def _schema(
    name: str, table: Table, config: TrainConfig, inferred: Sequence[Inferred]
) -> CustomerSchema:
    _check_features(config, inferred)
    fields = [each.field for each in inferred]
    _check_value(config, fields)
    outcome = next(field for field in fields if field.role == "outcome")
    return CustomerSchema(
        name=name,
        id=canonical_name(config.id) if config.id else None,
        outcome=OutcomeField(outcome.name, outcome.levels[-1], horizon_of(table, config)),
        fields=tuple(fields),
    )


def _check_features(config: TrainConfig, inferred: Sequence[Inferred]) -> None:
    features = [each.field.name for each in inferred if each.field.role == "feature"]
    if not features:
        raise DataError(
            f"no column is left to learn from; all are ignored, ids or contacts{_reasons(inferred)}"
        )
    if config.id is None and RESERVED in features:
        raise ConfigError(
            f'column {RESERVED} names customers: write id = "{RESERVED}" under [data], '
            f'or type = "ignore" under [columns.{RESERVED}]'
        )


def _reasons(inferred: Sequence[Inferred]) -> str:
    found = [str(noticed) for each in inferred for noticed in each.findings]
    return "".join(f"\n  {line}" for line in found[:_MOST_REASONS])


def _check_value(config: TrainConfig, fields: Sequence[Field]) -> None:
    if config.value is None:
        return
    name = canonical_name(config.value)
    if not any(field.name == name and field.kind == "number" for field in fields):
        raise DataError(f"[data] value: column {config.value} must hold numbers that vary")


def _table_findings(table: Table, schema: CustomerSchema, config: TrainConfig) -> list[Finding]:
    found = list(_value_findings(table, config))
    if table.cleaned:
        shown = ", ".join(map(repr, table.cleaned[:5]))
        found.append(finding("dirty-header", "", f"{len(table.cleaned)} names cleaned: {shown}"))
    if table.encoding != "utf-8":
        encoding = {"cp1252": "Windows-1252"}.get(table.encoding, table.encoding.upper())
        found.append(finding("encoding", "", f"is no UTF-8; read as {encoding}"))
    if len(schema.features) > MOST_FEATURES:
        text = f"has {len(schema.features):,} columns to learn from, at most {MOST_FEATURES} fit"
        found.append(finding("too-many-columns", "", text))
    return [accepted(each) if config.accepts(each.rule, each.column) else each for each in found]


def _value_findings(table: Table, config: TrainConfig) -> Iterator[Finding]:
    if config.value is None:
        return
    place = table.names.index(canonical_name(config.value))
    cells = plain_numbers(table.column(place))
    below = sum(is_number(cell) and float(cell) < 0 for cell in cells)
    if below:
        text = f"{below} of {len(cells)} monthly values are below 0; money in the report is wrong"
        yield finding("negative-value", table.header[place], text)


def _check_named(table: Table, config: TrainConfig) -> None:
    named = _named(config)
    for key, value in named:
        if canonical_name(value) not in table.names:
            raise ConfigError(
                f"[data] {key}: the table has no column {value!r}{_hint(value, table.header)}"
            )
    for column in config.columns:
        if canonical_name(column) not in table.names:
            raise ConfigError(
                f"[columns.{column}]: the table has no such column{nearest(column, table.header)}"
            )
    by_column: dict[str, str] = {}
    for key, value in named:
        other = by_column.setdefault(canonical_name(value), key)
        if other is not key:
            raise ConfigError(f"[data] {other} and {key} name the same column")


def _hint(name: str, header: Sequence[str]) -> str:
    """Say which column may be meant, or that the first line holds none."""
    if any(map(is_number, header)):
        return f"; the first line looks like data ({', '.join(header[:3])}), not like column names"
    return nearest(name, header)


def _named(config: TrainConfig) -> list[tuple[str, str]]:
    """Return the columns that [data] names, each with its key."""
    ids = [name for name in (config.id, *config.more_ids) if name]
    pairs = [("target", config.target), *(("id", name) for name in ids)]
    others = (
        ("weight", config.weight),
        ("time", config.time),
        ("value", config.value),
        ("horizon", config.horizon),
    )
    return [*pairs, *((key, name) for key, name in others if name)]
