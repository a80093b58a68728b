"""Commands that change which version is in charge."""

import json
from pathlib import Path

import click

from churn_service.artefact.aliases import ALIASES, CHALLENGER, CHAMPION
from churn_service.artefact.listing import find_version
from churn_service.artefact.promotion_log import Note
from churn_service.artefact.promotions import (
    Wish,
    collect_garbage,
    promote,
    retire,
    roll_back,
)
from churn_service.cli.exits import WrongUsage
from churn_service.cli.options import (
    ExistingFile,
    actor,
    json_option,
    model_root_option,
    name_option,
    public_key_option,
    table_and_config,
    training_module,
    trusted_key,
)

reason_option = click.option(
    "--reason", required=True, help="Why; it is kept in promotions.jsonl with your name."
)


@click.command("promote")
@click.argument("wanted", metavar="[VERSION]", default=CHALLENGER)
@click.option(
    "--to",
    "alias",
    default=CHAMPION,
    show_default=True,
    type=click.Choice(ALIASES),
    help="Alias to point at the version; only the champion asks the gate.",
)
@reason_option
@click.option("--data", type=ExistingFile, help="Run the gate first on this table's test part.")
@click.option("--config", type=ExistingFile, help="Training file of that table.")
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Canary: answer this share of the customers who are asked about one at a time.",
)
@click.option("--force", is_flag=True, help="Promote although the gate failed or never ran.")
@public_key_option
@model_root_option
@name_option
@json_option
def promote_model(  # noqa: PLR0913, PLR0917 - one parameter per option
    wanted: str,
    alias: str,
    reason: str,
    data: Path | None,
    config: Path | None,
    share: float | None,
    public_key: Path | None,
    model_root: Path,
    name: str,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Put a version in charge (default: the challenger) when the gate lets it.

    Replicas take it within two seconds, without a restart. The gate compares it
    with the champion on the held-out customers of a table; `churn retrain` has
    done so, else name the table:

    \b
    churn models promote 0123456789ab --data customers.csv --config train.toml \\
        --reason "trained on the spring data"

    Exit code 3: the gate failed, nothing was changed.
    """  # noqa: D301 - click's mark against rewrapping
    version = find_version(model_root, name, wanted).name
    if data or config:
        _run_gate(model_root, name, version, (data, config), quiet=as_json)
    wish = Wish(
        version=version, actor=actor(), reason=reason, alias=alias, force=force, share=share
    )
    promote(model_root, name, wish, public_key=trusted_key(public_key))
    few = f"answers {share:.0%} of the customers who are asked about one at a time" if share else ""
    part = few or f"is the {alias}"
    _say({"version": version, "alias": alias, "share": share}, f"{version} {part}", as_json)


@click.command("rollback")
@reason_option
@public_key_option
@model_root_option
@name_option
@json_option
def roll_back_model(
    reason: str, public_key: Path | None, model_root: Path, name: str, *, as_json: bool
) -> None:
    """Put the champion before back in charge, or end a canary.

    Exit code 3: there is none to go back to, nothing was changed.
    """
    key = trusted_key(public_key)
    alias = roll_back(model_root, name, Note(actor(), reason), public_key=key)
    words = f"{alias.version} is the champion again"
    _say({"version": alias.version, "alias": CHAMPION}, words, as_json)


@click.command("retire")
@click.argument("wanted", metavar="VERSION")
@reason_option
@model_root_option
@name_option
@json_option
def retire_model(wanted: str, reason: str, model_root: Path, name: str, *, as_json: bool) -> None:
    """Mark a version as never to be promoted again; `gc` deletes it."""
    version = find_version(model_root, name, wanted).name
    retire(model_root, name, version, actor=actor(), reason=reason)
    _say({"version": version, "retired": True}, f"{version} is retired", as_json)


@click.command("gc")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@model_root_option
@name_option
@json_option
def collect_models(model_root: Path, name: str, *, dry_run: bool, as_json: bool) -> None:
    """Delete retired versions and what crashed trainings left.

    What an alias points at, or a rollback would need, stays.
    """
    gone = [path.name for path in collect_garbage(model_root, name, dry_run=dry_run)]
    verb = "would delete" if dry_run else "deleted"
    words = f"{verb} {', '.join(gone)}" if gone else "nothing to delete"
    _say({"deleted": gone, "dry_run": dry_run}, words, as_json)


def _run_gate(
    root: Path, name: str, version: str, files: tuple[Path | None, Path | None], *, quiet: bool
) -> None:
    data, config = files
    if data is None or config is None:
        raise WrongUsage("--data and --config belong together: the gate needs both")
    lifecycle = training_module("lifecycle")
    held_out = lifecycle.held_out_rows(*table_and_config(data, config), name)
    verdict = lifecycle.judge_version(root, name, version, held_out)
    if verdict:
        click.echo(verdict.text(), err=quiet)


def _say(facts: dict[str, object], words: str, as_json: bool) -> None:  # noqa: FBT001 - the flag
    click.echo(json.dumps(facts) if as_json else words)
