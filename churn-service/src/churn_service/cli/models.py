"""Commands `churn models`: look at the versions of a model."""

import json
from pathlib import Path

import click

from churn_service.artefact.aliases import CHAMPION, read_alias
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.listing import find_version, list_versions
from churn_service.cli.options import model_root_option, name_option
from churn_service.predictor import Predictor, load_predictor


@click.group()
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


@models.command("verify")
@click.argument("wanted", default=CHAMPION)
@model_root_option
@name_option
def verify_model(wanted: str, model_root: Path, name: str) -> None:
    """Check all hashes and golden rows of a version (default: champion)."""
    folder = find_version(model_root, name, wanted)
    alias = read_alias(model_root, name, wanted)
    predictor = load_predictor(folder, manifest_sha256=alias.sha256 if alias else None)
    click.echo(f"{predictor.version} is intact: every file and every golden row is as trained")


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
