"""Options that several commands share, and what they stand for."""

import getpass
import importlib
import os
from pathlib import Path
from typing import Any

import click

from churn_service.artefact.keys import PublicKey, read_public_key
from churn_service.cli.exits import WrongUsage
from churn_service.training.config import TrainConfig, read_config
from churn_service.training.table import Table, read_table

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

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
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def trusted_key(path: Path | None) -> PublicKey | None:
    """Return the key whose signature versions need; None where none was asked for."""
    return read_public_key(path) if path else None


def training_module(name: str) -> Any:
    """Import a module of the training room, threads pinned before numpy is loaded."""
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        return importlib.import_module(f"churn_service.training.{name}")
    except ModuleNotFoundError as error:
        raise WrongUsage(
            f"training needs {error.name}, which is not installed here; "
            "install churn-service with its extra: churn-service[train]"
        ) from error


def table_and_config(data: Path, config: Path) -> tuple[Table, TrainConfig]:
    """Read the two files that a training is made from."""
    return read_table(data), read_config(config)


def actor() -> str:
    """Return who runs the command, for the log of promotions."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container's user may have no name
