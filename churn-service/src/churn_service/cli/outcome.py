"""What became of a trained model, in words and as an exit code."""

from typing import Any

import click

from churn_service.artefact.aliases import CHAMPION
from churn_service.cli.exits import Refused


def tell_outcome(done: Any) -> None:
    """Print which version was written, what the gate says and what it is now.

    Args:
        done: A `Registered` of the training room, which this room does not import.

    Raises:
        Refused: The version stays a candidate; the text says why and the cure.
    """
    if not done.is_new:
        click.echo(
            f"version {done.version} is the champion already: "
            "the same data and training file give the same version"
        )
        return
    if done.verdict is not None:
        click.echo(done.verdict.text())
    elif done.alias is not None:
        click.echo("no gate: there was no champion to compare with")
    if done.refusal:
        click.echo(f"version {done.version} written to {done.folder}")
        raise Refused(done.refusal)
    click.echo(f"version {done.version} written to {done.folder}; it is the {done.alias}")
    if done.alias != CHAMPION:
        click.echo(f'put it in charge: churn models promote {done.version} --reason "..."')
