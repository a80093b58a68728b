"""Commands that learn: `churn train` and `churn evaluate`."""

import json
from pathlib import Path

import click

from churn_service.artefact.aliases import CHALLENGER, CHAMPION
from churn_service.artefact.files import check_writable
from churn_service.cli.exits import WrongUsage
from churn_service.cli.options import (
    actor,
    config_option,
    data_option,
    jobs_option,
    model_root_option,
    name_option,
    public_key_option,
    quiet_option,
    table_and_config,
    training_module,
    training_progress,
    trusted_key,
)
from churn_service.cli.outcome import tell_outcome
from churn_service.cli.training_job import TrainCommand
from churn_service.training.config import read_config
from churn_service.training.steps import READING, REPORTING
from churn_service.training.table import read_table


@click.command(cls=TrainCommand)
@data_option
@config_option
@click.option("--challenger", is_flag=True, help="Only challenge: the champion stays in charge.")
@click.option(
    "--replace",
    is_flag=True,
    help="Put it in charge whatever the gate says, as for another table; the log says so.",
)
@public_key_option
@model_root_option
@name_option
@jobs_option
@quiet_option
def train(
    *,
    data: Path,
    config: Path,
    public_key: Path | None,
    model_root: Path,
    name: str,
    jobs: int,
    quiet: bool,
    **chosen: bool,
) -> None:
    """Train a model, print its report and make it the champion if the gate lets it.

    The first version is the champion at once. Later ones are compared with the
    champion on customers that neither has learned from; the service takes a new
    champion without a restart. Exit code 3: the version is written but stays a
    candidate, and the last line says why and how to promote it all the same.

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

    The same table and training file give the same bytes, and so the same version,
    whatever the number of cores. Progress goes to stderr.

    Without options in a training job of SageMaker, table, hyperparameters and
    model are those under /opt/ml.
    """  # noqa: D301 - click's mark against rewrapping
    wanted, key = _wanted(**chosen), trusted_key(public_key)
    check_writable(model_root)
    trainer, lifecycle = map(training_module, ("trainer", "lifecycle"))
    settings = read_config(config)
    with training_progress(quiet=quiet) as line:
        line.step(READING)
        plan = trainer.Plan(jobs=jobs, progress=line.fold, step=line.step)
        trained = trainer.train_model(read_table(data), settings, name, plan)
        line.step(REPORTING)
        order = lifecycle.Order(actor=actor(), public_key=key, **wanted)
        done = lifecycle.register_trained(trained, model_root, order)
    click.echo(done.report)
    tell_outcome(done)


def _wanted(*, challenger: bool, replace: bool) -> dict[str, object]:
    if challenger and replace:
        raise WrongUsage("--challenger and --replace exclude each other")
    return {
        "alias": CHALLENGER if challenger else CHAMPION,
        "replace": replace,
        "reason": "trained to replace the champion" if replace else "trained",
    }


@click.command()
@data_option
@config_option
@click.option("--course", is_flag=True, help="Show the recipe of machine-learning courses, too.")
@jobs_option
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
