"""Command `churn import`: take a model from elsewhere as a candidate."""

from dataclasses import dataclass
from pathlib import Path

import click

from churn_service.artefact.files import check_writable
from churn_service.artefact.manifest import MANIFEST_FILE
from churn_service.artefact.reader import read_artefact
from churn_service.artefact.transfer import take_version
from churn_service.cli.exits import WrongUsage
from churn_service.cli.options import (
    ExistingFile,
    model_root_option,
    name_option,
    public_key_option,
    table_and_config,
    training_module,
    trusted_key,
)
from churn_service.loading import predictor_of

_ONNX = ".onnx"
_MOST_FILES = 2  # courses save vectorizer and model apart


@dataclass(frozen=True)
class _Table:
    """What a model that is converted needs beside itself."""

    data: Path | None
    config: Path | None
    trust: bool
    threshold: float


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--data", type=ExistingFile, help="Table of customers as the model was trained on.")
@click.option("--config", type=ExistingFile, help="Training file (TOML): target, id, columns.")
@click.option("--trust", is_flag=True, help="Read a pickle; it is read, never run.")
@click.option(
    "--threshold",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Probability from which churn is true.",
)
@public_key_option
@model_root_option
@name_option
def import_model(
    *,
    paths: tuple[Path, ...],
    data: Path | None,
    config: Path | None,
    trust: bool,
    threshold: float,
    public_key: Path | None,
    model_root: Path,
    name: str,
) -> None:
    """Take a model from elsewhere; it becomes a candidate, never the champion by itself.

    A folder is a version of another registry: its files are checked and copied.

    Other files are models of scikit-learn, pickled or saved with joblib: logistic
    regressions and histogram boosting, alone, as the pair of machine-learning courses,
    as a Pipeline, or as two files. They become tables; levels, ranges and golden rows
    come from the table and the training file. A pickle is a program: it needs --trust,
    and even then it is read and not run.

    \b
    churn import models/churn/0a1b2c3d4e5f
    churn import model.bin --trust --data customers.csv --config train.toml
    churn import dv.bin model.bin --trust --data customers.csv --config train.toml
    """  # noqa: D301 - click's mark against rewrapping
    check_writable(model_root)
    for path in paths:
        if not path.exists():
            raise WrongUsage(f"there is no {path}")
    if paths[0].is_dir():
        version = _take(paths, model_root, name, public_key)
    else:
        beside = _Table(data, config, trust, threshold)
        version = _convert(paths, model_root, name, beside)
    click.echo(f'put it in charge: churn models promote {version} --reason "..."')


def _take(paths: tuple[Path, ...], root: Path, name: str, public_key: Path | None) -> str:
    """Copy a version of another registry, its golden rows replayed."""
    if len(paths) > 1:
        raise WrongUsage("give one folder at a time")
    folder, key = paths[0].resolve(), trusted_key(public_key)
    if not (folder / MANIFEST_FILE).is_file():
        raise WrongUsage(f"{paths[0]} has no {MANIFEST_FILE}; name the folder of one version")
    artefact = read_artefact(folder, public_key=key)
    if artefact.document.name != name:
        raise WrongUsage(
            f"{paths[0]} is a version of {artefact.document.name!r}; --name "
            f"{artefact.document.name} takes it"
        )
    predictor_of(artefact)
    target = take_version(folder, artefact, root, public_key=key)
    click.echo(f"version {artefact.version} is in {target}; its golden rows are answered as there")
    return artefact.version


def _convert(paths: tuple[Path, ...], root: Path, name: str, beside: _Table) -> str:
    """Convert a model of scikit-learn."""
    _check_kind(paths, beside)
    if beside.data is None or beside.config is None:
        raise WrongUsage(
            "a model file needs --data and --config: levels and ranges come from the table it "
            "was trained on"
        )
    importing = training_module("imports.importing")
    source = importing.read_source(paths)
    table, settings = table_and_config(beside.data, beside.config)
    customers = training_module("reading").build_dataset(table, settings, name)
    done = importing.import_model(source, customers, settings, root, beside.threshold)
    click.echo((done.folder / "report.txt").read_text(), nl=False)
    if done.verdict is not None:
        click.echo(done.verdict.text())
    click.echo(f"version {done.version} written to {done.folder}; it is a candidate")
    return str(done.version)


def _check_kind(paths: tuple[Path, ...], beside: _Table) -> None:
    folders = [path for path in paths if path.is_dir()]
    if folders or len(paths) > _MOST_FILES:
        raise WrongUsage("give one folder, one file, or the two files of a course")
    if any(path.suffix == _ONNX for path in paths):
        raise WrongUsage(
            "ONNX is not imported by this release: it has no names of levels and no ranges; "
            "import the model that it was made of, or train it anew"
        )
    if not beside.trust:
        raise WrongUsage(
            f"{paths[0]} may be a pickle, which is a program. With --trust it is read by a "
            "process without network and files, and never run; say it when you know who made "
            "the file"
        )
