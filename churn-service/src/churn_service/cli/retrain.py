"""`churn retrain`: learn from newer customers or from campaigns, and challenge the champion."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from churn_service.cli.exits import WrongUsage
from churn_service.cli.options import (
    ExistingFile,
    actor,
    config_option,
    jobs_option,
    model_root_option,
    name_option,
    public_key_option,
    quiet_option,
    training_module,
    training_progress,
    trusted_key,
)
from churn_service.cli.outcome import tell_outcome
from churn_service.training.config import read_config
from churn_service.training.errors import DataError
from churn_service.training.steps import READING, REPORTING
from churn_service.training.table import Table, parse_table, read_table


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Feedback of campaigns (marketing feedback export), or a newer table; - is stdin.",
)
@click.option("--base", type=ExistingFile, help="The table of before, learned from as well.")
@config_option
@click.option(
    "--as-of",
    metavar="INSTANT",
    help="Leave out windows that are open then (RFC 3339); default: now.",
)
@public_key_option
@model_root_option
@name_option
@jobs_option
@quiet_option
def retrain(
    *,
    data: Path,
    base: Path | None,
    config: Path,
    as_of: str | None,
    jobs: int,
    quiet: bool,
    public_key: Path | None,
    **registry: Any,
) -> None:
    """Train on newer data and make the model the challenger, if it passes the gate.

    Of a campaign only customers who were not contacted teach, weighted by the inverse
    of their chance of being left alone, at most 20: contacts then do not bend the model.
    The champion stays in charge; churn models promote puts the challenger there:
    the last line that is printed, with your reason.

    \b
    marketing feedback export feedback.csv
    churn retrain --data feedback.csv --base train.csv --config train.toml

    Exit code 3 when the gate refuses the new model; it is kept, and says why.
    """  # noqa: D301 - click's mark against rewrapping
    retraining, trainer, lifecycle = map(training_module, ("retrain", "trainer", "lifecycle"))
    settings, instant, key = read_config(config), _instant(as_of), trusted_key(public_key)
    with training_progress(quiet=quiet) as line:
        line.step(READING)
        material = retraining.gather(
            _read(data), None if base is None else read_table(base), settings, as_of=instant
        )
        line.end()
        for sentence in material.sentences:
            click.echo(sentence)
        plan = trainer.Plan(jobs=jobs, progress=line.fold, step=line.step)
        trained = trainer.train_model(material.table, material.config, registry["name"], plan)
        line.step(REPORTING)
        done = lifecycle.register_challenger(
            trained, registry["model_root"], actor=actor(), public_key=key
        )
    tell_outcome(done)


def _read(data: Path) -> Table:
    if str(data) != "-":
        return read_table(data)
    try:
        return parse_table(sys.stdin.buffer.read())
    except DataError as error:
        raise DataError(f"stdin: {error}") from error


def _instant(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsage(
            f"--as-of must be an instant such as 2027-03-01T00:00:00Z, not {text!r}"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
