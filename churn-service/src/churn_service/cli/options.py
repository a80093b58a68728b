"""Options that several commands share, and what they stand for."""

import getpass
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from churn_service.artefact.keys import PublicKey, read_public_key
from churn_service.cli.exits import WrongUsage
from churn_service.cli.progress import ProgressLine
from churn_service.training.config import TrainConfig, read_config
from churn_service.training.cores import THREAD_VARIABLES, usable_cores
from churn_service.training.steps import STEPS
from churn_service.training.table import Table, read_table

ExistingFile = click.Path(exists=True, dir_okay=False, path_type=Path)

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
public_key_option = click.option(
    "--public-key",
    envvar="CHURN_MODEL_PUBLIC_KEY",
    type=ExistingFile,
    help="Take only versions signed with this key's private half (or CHURN_MODEL_PUBLIC_KEY).",
)
jobs_option = click.option(
    "--jobs",
    default=usable_cores,
    show_default="the cores of this machine",
    type=click.IntRange(1, 64),
    help="Processes to use; the result is the same with any number.",
)
quiet_option = click.option("--quiet", is_flag=True, help="Show no progress.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def trusted_key(path: Path | None) -> PublicKey | None:
    """Return the key whose signature versions need; None where none was asked for."""
    return read_public_key(path) if path else None


def training_module(name: str) -> Any:
    """Import a module of the training room, threads pinned before numpy is loaded."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        return importlib.import_module(f"churn_service.training.{name}")
    except ModuleNotFoundError as error:
        raise WrongUsage(
            f"training needs {error.name}, which is not installed here; "
            "install churn-service with its extra: churn-service[train]"
        ) from error


@contextmanager
def training_progress(*, quiet: bool) -> Iterator[ProgressLine]:
    """Show the steps of a training on stderr while the block runs."""
    line = ProgressLine(STEPS, sys.stderr, quiet=quiet)
    try:
        yield line
    finally:
        line.end()


def table_and_config(data: Path, config: Path) -> tuple[Table, TrainConfig]:
    """Read the two files that a training is made from."""
    settings = read_config(config)  # first, since a table may take minutes
    return read_table(data), settings


def actor() -> str:
    """Return who runs the command, for the log of promotions."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container's user may have no name
