"""Commands `churn models`: look at the versions of a model."""

import json
from pathlib import Path
from typing import Any

import click

from churn_service.artefact.aliases import CHALLENGER, CHAMPION, read_alias
from churn_service.artefact.listing import find_version, list_versions
from churn_service.artefact.overview import describe_version, describe_versions
from churn_service.artefact.reader import read_artefact
from churn_service.artefact.verdict import latest_verdict
from churn_service.cli.options import (
    json_option,
    model_root_option,
    name_option,
    public_key_option,
    trusted_key,
)
from churn_service.loading import load_predictor, predictor_of

_SHOWN_METRICS = (
    "rows", "auc", "log_loss", "brier", "average_precision", "calibration_slope", "lift_at_10",
)  # fmt: skip


@click.group()
def models() -> None:
    """Look at the versions of a model, and say which one is in charge.

    VERSION is a version or an alias: champion (answers customers), challenger
    (passed the gate and waits, scored in shadow), shadow (only scored in shadow).

    \b
    churn models list
    churn models compare challenger champion
    churn models promote challenger --reason "two quiet weeks in shadow"
    churn models rollback --reason "offers go to the wrong people"
    """  # noqa: D301 - click's mark against rewrapping


@click.command("list")
@model_root_option
@name_option
@json_option
def list_models(model_root: Path, name: str, *, as_json: bool) -> None:
    """List the versions of a model, the oldest first, and what points at them."""
    found = describe_versions(model_root, name)
    if as_json:
        click.echo(json.dumps({"name": name, "versions": found}, indent=2))
        return
    if not found:
        click.echo(f"no version of {name!r} in {model_root}; make one: churn train", err=True)
    for facts in found:
        mark = "*" if CHAMPION in facts["aliases"] else " "
        click.echo(f"{mark} {facts['version']}  {facts['created']}  {_summary(facts)}")


@click.command("show")
@click.argument("wanted", metavar="[VERSION]", default=CHAMPION)
@model_root_option
@name_option
@json_option
def show_model(wanted: str, model_root: Path, name: str, *, as_json: bool) -> None:
    """Print card, report and last verdict of a version (default: champion)."""
    folder = find_version(model_root, name, wanted)
    load_predictor(folder)
    facts = describe_version(model_root, name, folder)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo((folder / "card.md").read_text(encoding="utf-8"))
    click.echo((folder / "report.txt").read_text(encoding="utf-8"))
    for line in facts["promotions"]:
        click.echo(f"{line['at']}  {line['alias']}: {line['actor']}, {line['reason']}")


@click.command("compare")
@click.argument("wanted", metavar="[VERSION]", default=CHALLENGER)
@click.argument("other", metavar="[OTHER]", default=CHAMPION)
@model_root_option
@name_option
@json_option
def compare_models(wanted: str, other: str, model_root: Path, name: str, *, as_json: bool) -> None:
    """Compare two versions: test metrics, and the verdict of the gate.

    Metrics of two trainings may come from different customers; only the verdict
    compares on the same rows (defaults: challenger and champion).
    """
    folders = [find_version(model_root, name, version) for version in (wanted, other)]
    verdict = latest_verdict(model_root, name, folders[0].name, folders[1].name)
    sides = [describe_version(model_root, name, folder) for folder in folders]
    if as_json:
        click.echo(json.dumps({"versions": sides, "passed": verdict and verdict.passed}, indent=2))
        return
    click.echo(f"{'':<18} {folders[0].name:>12} {folders[1].name:>12}")
    for metric in _SHOWN_METRICS:
        values = [side.get("test", {}).get(metric) for side in sides]
        click.echo(f"{metric:<18} {_number(values[0]):>12} {_number(values[1]):>12}")
    click.echo(verdict.text() if verdict else "the gate has not compared these two yet")


@click.command("verify")
@click.argument("wanted", metavar="[VERSION]", default=CHAMPION)
@click.option("--all", "everything", is_flag=True, help="Check every version.")
@public_key_option
@model_root_option
@name_option
def verify_model(
    wanted: str, public_key: Path | None, model_root: Path, name: str, *, everything: bool
) -> None:
    """Check all hashes and golden rows of a version (default: champion).

    With a public key the signature is checked as well. Exit code 3: refused.
    """
    key = trusted_key(public_key)
    signed = " and signed" if key else ""
    if everything:
        for folder in list_versions(model_root, name):
            artefact = read_artefact(folder, public_key=key)
            click.echo(f"{predictor_of(artefact).version} is intact{signed}")
        return
    folder = find_version(model_root, name, wanted)
    alias = read_alias(model_root, name, wanted)
    pinned = alias.sha256 if alias else None
    artefact = read_artefact(folder, manifest_sha256=pinned, public_key=key)
    version = predictor_of(artefact).version
    click.echo(f"{version} is intact{signed}: every file and every golden row is as trained")


def _summary(facts: dict[str, Any]) -> str:
    words = [*facts["aliases"], *(["canary"] if facts["canary"] else [])]
    words += ["retired"] if facts["retired"] else []
    state = ", ".join(words) or "-"
    if "refused" in facts:
        return f"{state}  refused: {facts['refused']}"
    test = facts["test"]
    quality = f"AUC {test['auc']:.4f}  log loss {test['log_loss']:.4f}" if test else "no metrics"
    return f"{facts['training']['rows']:,} customers  {quality}  {state}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
