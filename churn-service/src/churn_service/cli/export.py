"""Command `churn export`: write a model for another runtime."""

from pathlib import Path

import click

from churn_service.artefact.aliases import CHAMPION
from churn_service.artefact.listing import find_version
from churn_service.cli.exits import WrongUsage
from churn_service.cli.options import model_root_option, name_option
from churn_service.exports.exported import Exported, ExportError
from churn_service.exports.formats import FORMATS, Format, export
from churn_service.exports.sql_dialects import DIALECTS
from churn_service.loading import load_predictor


@click.command("export")
@click.option("--format", "wanted", type=click.Choice(sorted(FORMATS)), help="What to write.")
@click.option("--list", "only_list", is_flag=True, help="Show the formats and end.")
@click.option("--version", default=CHAMPION, show_default=True, help="Version or alias.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write it; default: the model's name with the ending of the format.",
)
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--dialect", type=click.Choice(sorted(DIALECTS)), help="Of --format sql.")
@click.option("--table", help="Table that --format sql reads; default: customers.")
@model_root_option
@name_option
def export_model(  # noqa: PLR0913 - one parameter per option
    *,
    wanted: str | None,
    only_list: bool,
    version: str,
    output: Path | None,
    force: bool,
    dialect: str | None,
    table: str | None,
    model_root: Path,
    name: str,
) -> None:
    """Write a model for another runtime; it scores there as it does here.

    \b
    churn export --list
    churn export --format python --output churn_model.py
    churn export --format sql --dialect duckdb --table customers --output score.sql
    """  # noqa: D301 - click's mark against rewrapping
    if only_list or wanted is None:
        _show_formats()
        return
    form = FORMATS[wanted]
    folder = find_version(model_root, name, version)
    predictor = load_predictor(folder)
    options = {"dialect": dialect or "", "table": table or "", "folder": str(folder)}
    target = output or Path(f"{name}{form.suffix or '-' + form.name}")
    try:
        export(form, Exported(predictor.version, predictor.document, options), target, force=force)
    except ExportError as error:
        raise WrongUsage(str(error)) from error
    _say(form, target, predictor.version)


def _show_formats() -> None:
    for name, form in sorted(FORMATS.items()):
        click.echo(f"{name:<12} {form.reads}")
    click.echo("\nchurn export --format NAME writes one of them")


def _say(form: Format, target: Path, version: str) -> None:
    click.echo(f"{target}: model {version} for {form.reads}")
    click.echo(f"unknown levels and numbers out of range give: {form.unknown}")
