"""`marketing feedback`: what became of everybody in a campaign, as a file."""

from pathlib import Path

import click

from marketing_service.cli.client import client_of

PARTIAL = ".part"


@click.group()
def feedback() -> None:
    """Take home what campaigns have taught."""


@feedback.command("export")
@click.argument(
    "file", type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path)
)
@click.option("--campaign", help="Only this campaign; default: all that were launched.")
@click.pass_context
def export_feedback(context: click.Context, /, file: Path, campaign: str | None) -> None:
    """Write one row per customer and campaign, as CSV: who was chosen, what became of them.

    Attributes are those of the day of the plan (columns attrs.*). The file appears when it
    is whole; - is stdout. churn-service learns from it:

    \b
      marketing feedback export feedback.csv
      churn retrain --data feedback.csv --base train.csv --config train.toml
    """  # noqa: D301 - click wants the character itself
    params = {} if campaign is None else {"campaign": campaign}
    lines = client_of(context).lines("/v1/feedback", params)
    if str(file) == "-":
        for line in lines:
            click.echo(line)
        return
    partial = file.with_name(file.name + PARTIAL)
    rows = -1  # the header is no row
    with partial.open("w", encoding="utf-8", newline="") as out:
        for line in lines:
            out.write(line + "\n")
            rows += 1
    partial.replace(file)
    click.echo(f"{rows:,} rows written to {file}")
