"""Training jobs of SageMaker: `train` without arguments, everything in fixed places.

/opt/ml
├── input/config/hyperparameters.json   strings: target, positive, id, horizon_days, families
├── input/data/training/                the table (or train/), and a training file if there is one
├── model/                              gets the registry folder, which becomes model.tar.gz
├── output/data/train.toml              gets the training file made from the hyperparameters
└── output/failure                      gets the reason when the training fails

SAGEMAKER_BASE_DIR names another folder than /opt/ml.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from churn_service.cli.exits import WrongUsage

BASE_VARIABLE, BASE = "SAGEMAKER_BASE_DIR", "/opt/ml"
LONGEST_FAILURE = 1024
_CHANNELS = ("training", "train")
_TEXTS = ("target", "positive", "id")
_NEEDED = ("target", "positive")
_KNOWN = (*_TEXTS, "horizon_days", "families")
_NOT_OURS = "sagemaker_"  # what the SDK adds for its own containers


class TrainingJob:
    """One job's files."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._parameters = base / "input/config/hyperparameters.json"

    @property
    def is_there(self) -> bool:
        """Whether this container was started for such a job."""
        return self._parameters.is_file()

    def arguments(self) -> list[str]:
        """Return the arguments of `churn train`, for which a training file may be written.

        Raises:
            WrongUsage: The table or the hyperparameters are not as they should be.
        """
        channel = self._channel()
        tables = [path for path in _files(channel) if path.suffix != ".toml"]
        if len(tables) != 1:
            raise WrongUsage(f"{channel} must hold one table, not {len(tables)} files")
        given = [path for path in _files(channel) if path.suffix == ".toml"]
        config = given[0] if given else self._written_config()
        model = self._base / "model"
        return [f"--data={tables[0]}", f"--config={config}", f"--model-root={model}", "--quiet"]

    @contextmanager
    def failures_told(self) -> Iterator[None]:
        """Write the reason why the block fails to where SageMaker looks for it."""
        try:
            yield
        except Exception as error:
            reason = (
                error.format_message() if isinstance(error, click.ClickException) else str(error)
            )
            path = self._base / "output/failure"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(reason[:LONGEST_FAILURE], encoding="utf-8")
            raise

    def _channel(self) -> Path:
        folders = [self._base / "input/data" / name for name in _CHANNELS]
        for folder in folders:
            if folder.is_dir():
                return folder
        raise WrongUsage(f"there is no channel {' or '.join(_CHANNELS)} in {folders[0].parent}")

    def _written_config(self) -> Path:
        text = _training_file(self._hyperparameters())
        config = self._base / "output/data/train.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(text, encoding="utf-8")
        return config

    def _hyperparameters(self) -> dict[str, str]:
        try:
            found = json.loads(self._parameters.read_text(encoding="utf-8"))
        except ValueError as error:
            raise WrongUsage(f"{self._parameters} is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise WrongUsage(f"{self._parameters} must hold an object")
        return {name: _unquoted(value) for name, value in found.items() if _is_ours(name)}


class TrainCommand(click.Command):
    """`churn train`, which without arguments does the job that SageMaker describes."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, or those of the job when there are none."""
        job = TrainingJob(Path(os.environ.get(BASE_VARIABLE) or BASE))
        if args or not job.is_there:
            return super().parse_args(ctx, args)
        ctx.obj = job
        with job.failures_told():
            return super().parse_args(ctx, job.arguments())

    def invoke(self, ctx: click.Context) -> Any:
        """Train; the reason of a failure goes to the job's file as well."""
        told = ctx.obj.failures_told() if isinstance(ctx.obj, TrainingJob) else nullcontext()
        with told:
            return super().invoke(ctx)


def _files(folder: Path) -> list[Path]:
    """Return the files of a channel; `_SUCCESS` and dot files are marks of writers."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] not in "._")


def _check_hyperparameters(given: Mapping[str, str]) -> None:
    strangers = sorted(given.keys() - set(_KNOWN))
    missing = [name for name in _NEEDED if name not in given]
    if strangers or missing:
        raise WrongUsage(
            f"hyperparameters are {', '.join(_KNOWN)}, of which {' and '.join(_NEEDED)} are "
            f"needed; missing: {missing}, unknown: {strangers}. For more, put a training "
            "file (.toml) beside the table."
        )
    if not given.get("horizon_days", "0").isdecimal():
        raise WrongUsage("the hyperparameter horizon_days must be a whole number")


def _is_ours(name: str) -> bool:
    return not name.startswith(_NOT_OURS)


def _unquoted(value: object) -> str:
    """Return a hyperparameter; some SDKs write strings as JSON inside of the string."""
    text = str(value)
    return str(json.loads(text)) if re.fullmatch(r'"[^"\\]*"', text) else text


def _training_file(parameters: Mapping[str, str]) -> str:
    """Return the training file that hyperparameters stand for; JSON strings are TOML ones.

    Raises:
        WrongUsage: They cannot be made into one.
    """
    _check_hyperparameters(parameters)
    lines = ["[data]"]
    lines += [f"{name} = {json.dumps(parameters[name])}" for name in _TEXTS if name in parameters]
    if "horizon_days" in parameters:
        lines.append(f"horizon_days = {parameters['horizon_days']}")
    if "families" in parameters:
        families = [word.strip() for word in parameters["families"].split(",")]
        lines += ["", "[model]", f"families = {json.dumps(families)}"]
    return "\n".join([*lines, ""])
