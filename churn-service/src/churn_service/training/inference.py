"""From a table and a training file to the schema of its customers."""

from collections import Counter

from churn_contract.errors import SchemaError
from churn_contract.schema import CustomerSchema, Field, OutcomeField, canonical_name
from churn_service.training.columns import Column, infer_field
from churn_service.training.config import ColumnConfig, TrainConfig, nearest
from churn_service.training.content import spellings
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.findings import Finding
from churn_service.training.table import Table, most_common

FEWEST_OF_A_CLASS = 50
FEW_OF_A_CLASS = 200
_NO_CONFIG = ColumnConfig()


def infer_schema(
    table: Table, config: TrainConfig, name: str
) -> tuple[CustomerSchema, list[Finding]]:
    """Return the schema of a table's customers and what the checks noticed.

    Raises:
        ConfigError: The training file names what the table does not have.
        DataError: A column cannot be used as the training file says.
    """
    by_name = _columns_by_name(table, config)
    outcome, findings = _outcome(table, config)
    fields = []
    for index, raw in enumerate(table.header):
        canonical = canonical_name(raw)
        if canonical == outcome.name:
            fields.append(outcome)
        elif config.id is not None and canonical == canonical_name(config.id):
            fields.append(_id_field(table, index, repeated=config.repeated_ids))
        elif config.weight is not None and canonical == canonical_name(config.weight):
            fields.append(Field(name=canonical, raw=_raw(raw), kind="text", role="ignored"))
        else:
            column = Column(raw, table.column(index), by_name.get(canonical, _NO_CONFIG))
            field, noticed = infer_field(column)
            fields.append(field)
            findings += noticed
    return _schema(name, config, outcome, fields), findings


def _schema(name: str, config: TrainConfig, outcome: Field, fields: list[Field]) -> CustomerSchema:
    if not any(field.role == "feature" for field in fields):
        raise DataError("no column is left to learn from; see the findings above")
    positive = canonical_name(config.positive)
    try:
        return CustomerSchema(
            name=name,
            id=canonical_name(config.id) if config.id else None,
            outcome=OutcomeField(outcome.name, positive, config.horizon_days),
            fields=tuple(fields),
        )
    except SchemaError as error:
        raise DataError(str(error)) from error


def _columns_by_name(table: Table, config: TrainConfig) -> dict[str, ColumnConfig]:
    for key, value in (("target", config.target), ("id", config.id), ("weight", config.weight)):
        if value is not None and canonical_name(value) not in table.names:
            raise ConfigError(
                f"[data] {key}: the table has no column {value!r}{nearest(value, table.header)}"
            )
    for column in config.columns:
        if canonical_name(column) not in table.names:
            raise ConfigError(
                f"[columns.{column}]: the table has no such column{nearest(column, table.header)}"
            )
    return {canonical_name(column): entry for column, entry in config.columns.items()}


def _id_field(table: Table, index: int, *, repeated: bool) -> Field:
    raw = table.header[index]
    cells = table.column(index)
    if "" in cells:
        raise DataError(f"line {table.lines[cells.index('')]}: the id {raw} is empty")
    twice = [cell for cell, times in Counter(cells).items() if times > 1]
    if twice and not repeated:
        lines = [str(table.lines[row]) for row, cell in enumerate(cells) if cell == twice[0]]
        raise DataError(
            f"column {raw}: {len(twice)} ids stand in more than one row, the first "
            f"in lines {', '.join(lines[:5])}; keep one row per customer, or write "
            "repeated_ids = true under [data] when customers come again at other times"
        )
    return Field(name=canonical_name(raw), raw=_raw(raw), kind="text", role="id")


def _outcome(table: Table, config: TrainConfig) -> tuple[Field, list[Finding]]:
    index = table.names.index(canonical_name(config.target))
    raw, cells = table.header[index], table.column(index)
    if "" in cells:
        line = table.lines[cells.index("")]
        raise DataError(
            f"column {raw}: {cells.count('')} rows have no outcome, the first in line {line}; "
            "leave them out"
        )
    levels = spellings(raw, cells)
    positive = canonical_name(config.positive)
    if positive not in levels:
        raise ConfigError(
            f"[data] positive: column {raw} has no value {config.positive!r}"
            f"{nearest(config.positive, levels.values())}"
        )
    if len(levels) != 2:
        raise DataError(
            f"column {raw} must have two values, it has {len(levels)}: {most_common(cells)}"
        )
    findings = _class_sizes(raw, Counter(map(canonical_name, cells)))
    ordered = sorted(levels, key=lambda level: level == positive)
    field = Field(
        name=canonical_name(raw),
        raw=_raw(raw),
        kind="category",
        role="outcome",
        levels=tuple(ordered),
        raw_levels=tuple(levels[level] for level in ordered),
    )
    return field, findings


def _class_sizes(raw: str, counts: Counter[str]) -> list[Finding]:
    level, fewest = min(counts.items(), key=lambda item: item[1])
    if fewest < FEWEST_OF_A_CLASS:
        raise DataError(
            f"column {raw}: only {fewest} rows have {level!r}; "
            f"at least {FEWEST_OF_A_CLASS} are needed to learn from"
        )
    if fewest < FEW_OF_A_CLASS:
        text = f"only {fewest} rows have {level!r}; probabilities will be rough"
        return [Finding(raw, "warning", text)]
    return []


def _raw(raw: str) -> str:
    return "" if raw == canonical_name(raw) else raw
