"""Commands that learn: `churn train` and `churn evaluate`."""

import json
from pathlib import Path

import click

from churn_service.cli.options import (
    actor,
    config_option,
    data_option,
    model_root_option,
    name_option,
    table_and_config,
    training_module,
)


@click.command()
@data_option
@config_option
@model_root_option
@name_option
def train(data: Path, config: Path, model_root: Path, name: str) -> None:
    """Train a model, print its report and make it the champion.

    The training file needs two lines:

    \b
    [data]
    target = "Left"       # the column to learn
    positive = "yes"      # its value for customers who left
    id = "Customer"       # optional: names customers, never a feature
    horizon_days = 30     # optional: how far ahead the outcome looks

    What is inferred about a column can be overruled:

    \b
    [columns.Spend]
    type = "number"       # number, category, boolean or ignore
    blank = 0             # what an empty cell stands for
    min = 0               # limits for served customers; also: max
    unknown = "other"     # take unseen levels; default "error"
    unit = "EUR"          # also: label, actionable, sensitive

    The same table and training file give the same bytes, and so the same version.
    """  # noqa: D301 - click's mark against rewrapping
    trainer = training_module("trainer")
    trained = trainer.train_model(*table_and_config(data, config), name)
    done = trainer.register(trained, model_root, actor=actor())
    click.echo(done.report)
    click.echo(f"version {done.version} written to {done.folder}; it is the champion")


@click.command()
@data_option
@config_option
@click.option("--course", is_flag=True, help="Show the recipe of machine-learning courses, too.")
@click.option(
    "--jobs", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes to use."
)
@click.option("--json", "as_json", is_flag=True, help="Print means and deviations as JSON.")
def evaluate(data: Path, config: Path, jobs: int, *, course: bool, as_json: bool) -> None:
    """Judge the recipe by 5 x 5 repeated stratified cross-validation (seed 42).

    Everything is chosen inside the folds. Progress goes to stderr, the table to
    stdout; no model is written.

    \b
    churn evaluate --data customers.csv --config train.toml --course
    """  # noqa: D301 - click's mark against rewrapping
    judge, reports = training_module("cross_validation"), training_module("evaluation_report")
    result = judge.evaluate_table(
        *table_and_config(data, config),
        with_course=course,
        jobs=jobs,
        progress=lambda *done: click.echo(reports.progress_line(*done), err=True),
    )
    if as_json:
        click.echo(json.dumps(reports.evaluation_json(result), indent=2))
    else:
        click.echo(reports.evaluation_report(result), nl=False)
