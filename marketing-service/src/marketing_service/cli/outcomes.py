"""`marketing outcomes`: tell the service what became of customers."""

import json
from pathlib import Path

import click

from marketing_service.cli.client import client_of

CONTENT_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
}


@click.group()
def outcomes() -> None:
    """Post outcomes: who churned, who stayed."""


@outcomes.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the service's answer as JSON.")
@click.pass_context
def import_outcomes(context: click.Context, /, file: Path, *, as_json: bool) -> None:
    """Post a file of outcomes (CSV, JSON array or JSON lines, by its ending).

    Columns: customer_id, kind (churned, stayed, redeemed, revenue), occurred_at, source_id,
    and where they apply value and campaign. The same source_id twice counts once.
    """
    content_type = CONTENT_TYPES.get(file.suffix.lower())
    if content_type is None:
        raise click.UsageError(f"{file.name}: name it .csv, .json, .jsonl or .ndjson")
    found = client_of(context).post("/v1/outcomes", file.read_bytes(), content_type)
    click.echo(json.dumps(found) if as_json else recorded_line(found))


def recorded_line(found: dict[str, int]) -> str:
    """Return what the service made of posted outcomes."""
    return ", ".join(f"{number:,} {word}" for word, number in found.items())
