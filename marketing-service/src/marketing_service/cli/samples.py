"""`marketing sample-data` and `sample-outcomes`: a world whose truth is known."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from marketing_service.cli.client import ApiClient, client_of
from marketing_service.cli.exits import REFUSED, CommandError
from marketing_service.cli.outcomes import recorded_line
from marketing_service.simulator import demo_campaign_toml, outcomes_for, write_sample_data

BATCH = 5_000
TRAIN_TOML = """[data]
target = "Churn"
positive = "Yes"
id = "customerID"
horizon_days = 360
"""


@click.command("sample-data")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--customers", type=click.IntRange(1, 10_000_000), default=7_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--force", is_flag=True, help="Replace what is there.")
def sample_data(output: Path, customers: int, seed: int, *, force: bool) -> None:
    """Make customers with known truth: a table to learn from, others to write to.

    Writes train.csv and train.toml (for churn train), customers.csv (for the import),
    campaign.toml (for the plan) and truth.csv, which no training command reads.

    \b
      marketing sample-data --output demo
    """  # noqa: D301 - click wants the character itself
    if (output / "train.csv").exists() and not force:
        click.echo(f"{output / 'train.csv'} is there and is kept (--force replaces it)")
        return
    output.mkdir(parents=True, exist_ok=True)
    (output / "train.toml").write_text(TRAIN_TOML)
    (output / "campaign.toml").write_text(demo_campaign_toml())
    files = write_sample_data(output, customers=customers, seed=seed)
    click.echo(f"{customers:,} customers to write to: {files.customers}")
    click.echo(f"a table with known outcomes to learn from: {files.train}")


@click.command("sample-outcomes")
@click.argument("campaign")
@click.option(
    "--truth",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="truth.csv of the sample data.",
)
@click.pass_context
def sample_outcomes(context: click.Context, /, campaign: str, truth: Path) -> None:
    """Post what the simulated customers of a campaign did, both arms."""
    client = client_of(context)
    found = client.get(f"/v1/campaigns/{campaign}")
    if found["launched_at"] is None:
        raise CommandError(
            f"{campaign} has not been launched: nobody has reacted to it yet. "
            f"Launch it first: marketing campaigns launch {campaign}",
            REFUSED,
        )
    rows = csv.DictReader(client.lines(f"/v1/campaigns/{campaign}/targets"))
    outcomes = outcomes_for(
        (row for row in rows if row["arm"] in {"treated", "control"}),
        truth,
        found["plan"]["offer"],
        campaign=campaign,
        occurred_at=datetime.now(UTC).isoformat(),
    )
    try:
        done = _post(client, outcomes)
    except (ValueError, csv.Error) as error:
        raise CommandError(
            f"{truth} cannot be used: {error}. Give the truth.csv of marketing sample-data.", 2
        ) from None
    click.echo(recorded_line(done))


def _post(client: ApiClient, outcomes: Iterator[dict[str, object]]) -> dict[str, int]:
    """Post outcomes in batches; return the sums of what the service recorded."""
    sums: dict[str, int] = {}
    batch: list[dict[str, object]] = []
    for outcome in outcomes:
        batch.append(outcome)
        if len(batch) == BATCH:
            _add(sums, client.post("/v1/outcomes", json.dumps(batch).encode(), "application/json"))
            batch.clear()
    if batch:
        _add(sums, client.post("/v1/outcomes", json.dumps(batch).encode(), "application/json"))
    return sums


def _add(sums: dict[str, int], found: dict[str, int]) -> None:
    for word, number in found.items():
        sums[word] = sums.get(word, 0) + number
