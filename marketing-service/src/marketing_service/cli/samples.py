"""`marketing sample-data` and `sample-outcomes`: a world whose truth is known."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from marketing_service.cli.client import ApiClient, client_of
from marketing_service.cli.exits import REFUSED, CommandError
from marketing_service.cli.outcomes import recorded_line
from marketing_service.simulator import (
    Drift,
    Panel,
    ParquetMissingError,
    bend_laws,
    demo_campaign_toml,
    load_laws,
    outcomes_for,
    write_panel,
    write_sample_data,
)
from marketing_service.simulator.sample import TRAIN_CUSTOMERS

BATCH = 5_000
FACTOR = click.FloatRange(0)
TRAIN_TOML = """[data]
target = "Churn"
positive = "Yes"
id = "customerID"
horizon_days = 360

# What the company can change for a customer; "what if" pages and answers begin with these.
[columns]
Contract.actionable = true
OnlineSecurity.actionable = true
PaymentMethod.actionable = true
TechSupport.actionable = true

# One family, so that training takes seconds. Without these two lines all
# families are compared, which takes a minute or two.
[model]
families = ["spline"]
"""


@click.command("sample-data")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--customers", type=click.IntRange(1, 10_000_000), default=7_000, show_default=True)
@click.option(
    "--train-customers",
    type=click.IntRange(100, 10_000_000),
    default=TRAIN_CUSTOMERS,
    show_default=True,
    help="Rows of the table to learn from.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--effect", type=FACTOR, help="Factor of what offers do; 0 is an A/A world.")
@click.option("--lost-causes", type=FACTOR, help="Slope by which offers lose hold; usual 1.2.")
@click.option("--sleeping-dogs", type=FACTOR, help="How much contact wakes up; usual 0.55.")
@click.option("--parquet", is_flag=True, help="Write Parquet (needs pyarrow), not CSV.")
@click.option("--force", is_flag=True, help="Replace what is there.")
def sample_data(
    *,
    output: Path,
    customers: int,
    train_customers: int,
    seed: int,
    parquet: bool,
    force: bool,
    **bent: float | None,
) -> None:
    """Make customers with known truth: a table to learn from, others to write to.

    Writes train.csv and train.toml (for churn train), customers.csv (for the import),
    campaign.toml (for the plan) and truth.csv, which no training command reads: what each
    customer would do without contact and after each of four offers. For customers month
    by month, and for a world that drifts: marketing sample-panel.

    \b
      marketing sample-data --output demo
      marketing sample-data --output aa --customers 1000000 --effect 0
      marketing sample-data --output large --train-customers 1000000
    """  # noqa: D301 - click wants the character itself
    suffix = _suffix(parquet=parquet)
    if (output / f"train{suffix}").exists() and not force:
        click.echo(f"{output / f'train{suffix}'} is there and is kept (--force replaces it)")
        return
    output.mkdir(parents=True, exist_ok=True)
    (output / "train.toml").write_text(TRAIN_TOML)
    (output / "campaign.toml").write_text(demo_campaign_toml())
    with _parquet_in_words():
        files = write_sample_data(
            output,
            customers=customers,
            train_customers=train_customers,
            seed=seed,
            laws=bend_laws(load_laws(), **bent),
            suffix=suffix,
        )
    click.echo(f"{customers:,} customers to write to: {files.customers}")
    click.echo(f"a table with known outcomes to learn from: {files.train}")


@click.command("sample-panel")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--customers", type=click.IntRange(1, 10_000_000), default=7_000, show_default=True)
@click.option("--months", type=click.IntRange(1, 120), default=12, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--moving", is_flag=True, help="Customers grow older, leavers are replaced.")
@click.option("--drift-month", "month", type=click.IntRange(1), default=6, show_default=True)
@click.option("--price", type=FACTOR, default=1.0, help="Factor of all prices then, as 1.08.")
@click.option(
    "--fiber", type=click.FloatRange(0, 1), default=0.0, help="Share that changes to fiber then."
)
@click.option(
    "--label-delay",
    "delay_days",
    type=click.IntRange(0, 365),
    default=0,
    help="Most days until it is known.",
)
@click.option("--parquet", is_flag=True, help="Write Parquet (needs pyarrow), not CSV.")
def sample_panel(
    *,
    output: Path,
    customers: int,
    months: int,
    seed: int,
    moving: bool,
    parquet: bool,
    **changes: Any,
) -> None:
    """Follow customers month by month; Churn says who left within the month.

    Frozen customers (the default) keep their traits and lose exactly p0 of them in twelve
    months: nothing drifts. With --moving they grow older and leavers are replaced, which
    is drift without a fault; prices, fiber and late outcomes are switched on beside.

    \b
      marketing sample-panel --output panel --moving --months 24 --price 1.08 --fiber 0.1
    """  # noqa: D301 - click wants the character itself
    drift = Drift(**changes)
    if drift != Drift(month=drift.month) and not moving:
        raise click.UsageError("--price, --fiber and --label-delay need --moving")
    panel = Panel(customers=customers, months=months, moving=moving, drift=drift, seed=seed)
    with _parquet_in_words():
        files = write_panel(output, panel, laws=load_laws(), suffix=_suffix(parquet=parquet))
    click.echo(f"{customers:,} customers over {months} months: {files.panel}")


@contextmanager
def _parquet_in_words() -> Iterator[None]:
    try:
        yield
    except ParquetMissingError as error:
        raise click.ClickException(str(error)) from None


def _suffix(*, parquet: bool) -> str:
    return ".parquet" if parquet else ".csv"


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
