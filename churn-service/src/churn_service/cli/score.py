"""Command `churn predict`: score the customers of a file."""

import csv
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from churn_service.artefact.aliases import CHAMPION
from churn_service.artefact.listing import find_version
from churn_service.bulk_scoring import HEADER, ignored_columns, output_row, score_rows
from churn_service.cli.options import data_option, model_root_option, name_option
from churn_service.loading import load_predictor
from churn_service.training.plain_table import with_plain_cells
from churn_service.training.table import read_table


@click.command()
@data_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the scores; default: stdout.",
)
@click.option("--version", "wanted", default=CHAMPION, show_default=True, help="Version or alias.")
@click.option(
    "--snapshot-date",
    "snapshot",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day that the file describes; dates are counted to it.",
)
@model_root_option
@name_option
def predict(  # noqa: PLR0917 - one parameter per option
    data: Path,
    output: Path | None,
    wanted: str,
    snapshot: datetime | None,
    model_root: Path,
    name: str,
) -> None:
    """Score every customer of a CSV file.

    Columns may have the names of the training file or the canonical ones; others
    are ignored. When rows are wrong, each is named and nothing is written.

    \b
    churn predict --data customers.csv --output scores.csv
    """  # noqa: D301 - click's mark against rewrapping
    predictor = load_predictor(find_version(model_root, name, wanted))
    day = snapshot.date() if snapshot else None
    table = with_plain_cells(read_table(data), predictor.schema, day)
    for column in ignored_columns(predictor.schema, table.header):
        click.echo(f"note: column {column} is not used by the model", err=True)
    rows = zip(table.lines, table.rows, strict=True)
    _write_scores(output, score_rows(predictor, table.header, rows))


def _write_scores(output: Path | None, predictions: list[Any]) -> None:
    rows = [HEADER, *map(output_row, predictions)]
    if output is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        return
    is_special = output.exists() and not output.is_file()  # a pipe or a device
    target = output if is_special else output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        with target.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    except OSError as error:
        if not is_special:
            target.unlink(missing_ok=True)
        raise click.ClickException(f"{output}: cannot be written ({error.strerror})") from error
    if not is_special:
        target.replace(output)
    click.echo(f"{len(predictions)} customers scored, written to {output}", err=True)
