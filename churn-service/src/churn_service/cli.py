"""The command `churn`: train, evaluate, predict, look at models, serve."""

import csv
import getpass
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from churn_contract.errors import SchemaError
from churn_service.artefact.aliases import CHAMPION, read_alias
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.listing import find_version, list_versions
from churn_service.bulk_scoring import (
    HEADER,
    CustomerFileError,
    ignored_columns,
    output_row,
    score_rows,
)
from churn_service.predictor import Predictor, load_predictor
from churn_service.settings import PREFIX, Settings
from churn_service.training.config import TrainConfig, read_config
from churn_service.training.errors import ConfigError, DataError, FitError
from churn_service.training.table import Table, read_table
from service_kit.settings import SettingsError, effective_settings

_MOST_PROBLEMS_SHOWN = 20
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

ExistingFile = click.Path(exists=True, dir_okay=False, path_type=Path)


class WrongUsage(click.ClickException):
    """The command, the training file or the settings are wrong."""

    exit_code = 2


class Refused(click.ClickException):
    """A check of the model refused to go on."""

    exit_code = 3


class ChurnGroup(click.Group):
    """Turn the errors of the rooms into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; 1 bad data, 2 usage or settings, 3 refused by a check."""
        try:
            return super().invoke(ctx)
        except CustomerFileError as error:
            raise click.ClickException(_listed(error.problems)) from error
        except (DataError, SchemaError) as error:
            raise click.ClickException(str(error)) from error
        except (SettingsError, ConfigError) as error:
            raise WrongUsage(str(error)) from error
        except FitError as error:
            raise Refused(str(error)) from error
        except ArtefactError as error:
            raise Refused(f"the model is refused: {error}") from error


model_root_option = click.option(
    "--model-root",
    envvar="CHURN_MODEL_ROOT",
    default="models",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Registry folder (or CHURN_MODEL_ROOT).",
)
name_option = click.option(
    "--name",
    envvar="CHURN_MODEL_NAME",
    default="churn",
    show_default=True,
    help="Name of the model (or CHURN_MODEL_NAME).",
)
data_option = click.option(
    "--data", required=True, type=ExistingFile, help="Table of customers (CSV with a header)."
)
config_option = click.option(
    "--config", required=True, type=ExistingFile, help="Training file (TOML)."
)


@click.group(cls=ChurnGroup)
@click.version_option(package_name="churn-service")
def main() -> None:
    """Train a churn model from a table of customers, and serve it.

    \b
    churn train --data customers.csv --config train.toml
    churn predict --data customers.csv --output scores.csv
    churn serve

    Exit codes: 0 done, 1 data cannot be used, 2 usage, training file or
    settings are wrong, 3 refused by a check of the model.
    """  # noqa: D301 - click's mark against rewrapping


@main.command()
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
    trainer = _training_module("trainer")
    trained = trainer.train_model(*_table_and_config(data, config), name)
    done = trainer.register(trained, model_root, actor=_actor())
    click.echo(done.report)
    click.echo(f"version {done.version} written to {done.folder}; it is the champion")


@main.command()
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
    judge, reports = _training_module("cross_validation"), _training_module("evaluation_report")
    result = judge.evaluate_table(
        *_table_and_config(data, config),
        with_course=course,
        jobs=jobs,
        progress=lambda *done: click.echo(reports.progress_line(*done), err=True),
    )
    if as_json:
        click.echo(json.dumps(reports.evaluation_json(result), indent=2))
    else:
        click.echo(reports.evaluation_report(result), nl=False)


@main.command()
@data_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the scores; default: stdout.",
)
@click.option("--version", "wanted", default=CHAMPION, show_default=True, help="Version or alias.")
@model_root_option
@name_option
def predict(data: Path, output: Path | None, wanted: str, model_root: Path, name: str) -> None:
    """Score every customer of a CSV file.

    Columns may have the names of the training file or the canonical ones; others
    are ignored. When rows are wrong, each is named and nothing is written.

    \b
    churn predict --data customers.csv --output scores.csv
    """  # noqa: D301 - click's mark against rewrapping
    predictor = load_predictor(find_version(model_root, name, wanted))
    table = read_table(data)
    for column in ignored_columns(predictor.schema, table.header):
        click.echo(f"note: column {column} is not used by the model", err=True)
    rows = zip(table.lines, table.rows, strict=True)
    _write_scores(output, score_rows(predictor, table.header, rows))


@main.group()
def models() -> None:
    """Look at the versions of a model."""


@models.command("list")
@model_root_option
@name_option
def list_models(model_root: Path, name: str) -> None:
    """List the versions of a model, the oldest first; * marks the champion."""
    champion = read_alias(model_root, name, CHAMPION)
    folders = list_versions(model_root, name)
    if not folders:
        click.echo(f"no version of {name!r} in {model_root}; make one: churn train", err=True)
    for folder in folders:
        mark = "*" if champion and champion.version == folder.name else " "
        click.echo(f"{mark} {folder.name}  {_summary(folder)}")


@models.command("show")
@click.argument("wanted", default=CHAMPION)
@model_root_option
@name_option
def show_model(wanted: str, model_root: Path, name: str) -> None:
    """Print the card and the training report of a version (default: champion)."""
    folder = find_version(model_root, name, wanted)
    load_predictor(folder)
    click.echo((folder / "card.md").read_text(encoding="utf-8"))
    click.echo((folder / "report.txt").read_text(encoding="utf-8"))


@main.command()
@click.argument("wanted", default=CHAMPION)
@model_root_option
@name_option
def verify(wanted: str, model_root: Path, name: str) -> None:
    """Check all hashes and golden rows of a version (default: champion)."""
    folder = find_version(model_root, name, wanted)
    alias = read_alias(model_root, name, wanted)
    predictor = load_predictor(folder, manifest_sha256=alias.sha256 if alias else None)
    click.echo(f"{predictor.version} is intact: every file and every golden row is as trained")


@main.command()
def serve() -> None:
    """Serve the champion over HTTP; settings come from CHURN_* and PORT.

    `churn config` shows them.
    """
    # the other commands work without Flask and granian loaded
    from churn_service.app import run  # noqa: PLC0415 - training must not load the server

    run(os.environ)


@main.command()
def config() -> None:
    """Print the settings in force and where each comes from."""
    rows = effective_settings(Settings, os.environ, PREFIX)
    width = max(len(row.name) for row in rows)
    for row in rows:
        click.echo(f"{row.name:<{width}}  {row.value}  ({row.origin})")


def _training_module(name: str) -> Any:
    """Import a module of the training room, threads pinned before numpy is loaded."""
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        return importlib.import_module(f"churn_service.training.{name}")
    except ModuleNotFoundError as error:
        raise WrongUsage(
            f"training needs {error.name}, which is not installed here; "
            "install churn-service with its extra: churn-service[train]"
        ) from error


def _table_and_config(data: Path, config: Path) -> tuple[Table, TrainConfig]:
    return read_table(data), read_config(config)


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container's user may have no name


def _write_scores(output: Path | None, predictions: list[Any]) -> None:
    rows = [HEADER, *map(output_row, predictions)]
    if output is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    click.echo(f"{len(predictions)} customers scored, written to {output}", err=True)


def _summary(folder: Path) -> str:
    try:
        predictor = load_predictor(folder)
    except ArtefactError as error:
        return f"refused: {error}"
    return _facts(folder, predictor)


def _facts(folder: Path, predictor: Predictor) -> str:
    facts = predictor.document.training
    metrics = folder / "metrics.json"
    test = json.loads(metrics.read_bytes()).get("test", {}) if metrics.is_file() else {}
    quality = f"AUC {test['auc']:.4f}  log loss {test['log_loss']:.4f}" if test else "no metrics"
    return f"{facts.rows:,} customers  {quality}"


def _listed(problems: tuple[str, ...]) -> str:
    shown = list(problems[:_MOST_PROBLEMS_SHOWN])
    more = len(problems) - len(shown)
    tail = [f"and {more} more"] if more > 0 else []
    head = f"{len(problems)} problem(s); nothing was scored"
    return "\n  ".join([head, *shown, *tail])
