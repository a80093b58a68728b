"""Command `churn findings`: look at a table without training."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from churn_contract.schema import CustomerSchema, Field
from churn_service.cli.options import (
    config_option,
    data_option,
    json_option,
    name_option,
    table_and_config,
    training_module,
)
from churn_service.training.findings import Finding, FindingsError, cure_of
from churn_service.training.table import Table

_LEVELS = ("error", "warning", "info")
_MOST_LEVELS_SHOWN = 4


@click.command("findings")
@data_option
@config_option
@name_option
@json_option
def show_findings(data: Path, config: Path, name: str, *, as_json: bool) -> None:
    """Show what the columns of a table are and what the checks notice.

    Nothing is learned and nothing is written: look here first, then overrule what
    is wrong in the training file, and train.

    \b
    churn findings --data customers.csv --config train.toml

    Exit code 1: there are errors, a training would stop at them.
    """  # noqa: D301 - click's mark against rewrapping
    table, settings = table_and_config(data, config)
    reading = training_module("reading")
    refused: FindingsError | None = None
    try:
        dataset = reading.build_dataset(table, settings, name)
        schema, findings = dataset.schema, dataset.findings
    except FindingsError as error:
        refused, schema, findings = error, error.schema, error.findings
    ranked = sorted(findings, key=lambda found: _LEVELS.index(found.level))
    if as_json:
        click.echo(json.dumps(_facts(table, schema, ranked), indent=2))
    else:
        click.echo(_text(data, table, schema, ranked))
    if refused:
        raise click.ClickException(f"a training would stop:\n{refused}")


def _facts(table: Table, schema: CustomerSchema, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "rows": len(table.rows),
        "separator": table.separator,
        "encoding": table.encoding,
        "columns": [
            {
                "name": field.raw or field.name,
                "role": field.role,
                "kind": field.kind,
                "values": _values(field),
                "missing": missing,
            }
            for field, missing in zip(schema.fields, _missing(table), strict=True)
        ],
        "findings": [
            {
                "column": found.column,
                "level": found.level,
                "rule": found.rule,
                "text": found.text,
                "cure": cure_of(found),
            }
            for found in findings
        ],
    }


def _text(data: Path, table: Table, schema: CustomerSchema, findings: Sequence[Finding]) -> str:
    counts = [f"{sum(found.level == level for found in findings)} {level}" for level in _LEVELS]
    size = f"{len(table.rows):,} rows, {len(table.header):,} columns"
    lines = [
        f"{data}: {size} ({table.separator}, {table.encoding})",
        "",
        *_columns(table, schema),
        "",
        f"findings: {', '.join(counts)}",
        *map(str, findings),
    ]
    return "\n".join(lines)


def _columns(table: Table, schema: CustomerSchema) -> list[str]:
    rows = [("column", "what it is", "missing", "values")]
    rows += [
        (field.raw or field.name, _what(field), f"{missing:,}", _values(field))
        for field, missing in zip(schema.fields, _missing(table), strict=True)
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    return [
        f"{name:{widths[0]}}  {what:{widths[1]}}  {missing:>{widths[2]}}  {values}".rstrip()
        for name, what, missing, values in rows
    ]


def _what(field: Field) -> str:
    return field.kind if field.role == "feature" else field.role


def _values(field: Field) -> str:
    """Say in words which values a column has."""
    if field.kind == "number":
        unit = f" {field.unit}" if field.unit else ""
        return f"{field.lowest:.6g} to {field.highest:.6g}{unit}"
    levels = field.raw_levels or field.levels
    shown = ", ".join(levels[:_MOST_LEVELS_SHOWN])
    rest = len(levels) - _MOST_LEVELS_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def _missing(table: Table) -> list[int]:
    return [table.column(place).count("") for place in range(len(table.header))]
