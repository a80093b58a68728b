"""Command `churn performance`: did the probabilities come true?"""

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from churn_service.artefact.aliases import CHAMPION
from churn_service.artefact.listing import find_version
from churn_service.cli.options import (
    ExistingFile,
    json_option,
    model_root_option,
    name_option,
)
from churn_service.monitoring.matured import MaturedPerformance, matured_performance
from churn_service.monitoring.outcome_table import (
    OutcomesRead,
    OutcomeTableError,
    find_columns,
    read_outcomes,
)
from churn_service.monitoring.saved import SavedPerformance, save_performance, today
from churn_service.training.table import Table, read_table

_PERIODS = ("week", "month", "quarter", "year")


@click.command()
@click.option(
    "--data", required=True, type=ExistingFile, help="Table of scored customers and outcomes."
)
@click.option("--score", help="Column of the probability; default: churn_probability or score.")
@click.option("--outcome", help="Column of what happened; default: churned, churn or outcome.")
@click.option("--date", "day", help="Column of the day; default: scored_at, planned_at or date.")
@click.option("--group", help="Column that keeps customers apart; default: action or arm.")
@click.option(
    "--horizon-days",
    default=30,
    show_default=True,
    type=click.IntRange(min=0),
    help="Days after which an outcome is complete.",
)
@click.option("--by", default="month", show_default=True, type=click.Choice(_PERIODS))
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day to look from; default: today.",
)
@click.option(
    "--version",
    "wanted",
    help="Measure the scores of this version or alias only, by the column model_version.",
)
@click.option(
    "--save",
    is_flag=True,
    help="Keep the result in the registry: the service shows it. Default version: champion.",
)
@json_option
@model_root_option
@name_option
def performance(  # noqa: PLR0913 - one parameter per option
    *,
    data: Path,
    horizon_days: int,
    by: Any,
    as_of: datetime | None,
    wanted: str | None,
    save: bool,
    as_json: bool,
    model_root: Path,
    name: str,
    **columns: str | None,
) -> None:
    """Measure scores against outcomes that are known by now, by cohort.

    The file has a row per scored customer: probability, day and outcome (churned
    or stayed, empty while unknown). The feedback table of marketing-service fits
    as it is; customers that a campaign has contacted are kept apart. A table
    without a column model_version is taken to be of one version.

    \b
    churn performance --data feedback.csv --horizon-days 30
    churn performance --data feedback.csv --save
    """  # noqa: D301 - click's mark against rewrapping
    wanted = wanted or (CHAMPION if save else None)
    version = find_version(model_root, name, wanted).name if wanted else None
    day = as_of.date() if as_of else today()
    table = read_table(data)
    read = _outcomes(data, table, columns, version)
    found = matured_performance(read.outcomes, as_of=day, horizon_days=horizon_days, period=by)
    if as_json:
        click.echo(json.dumps(_facts(found, read)))
    else:
        click.echo(performance_text(found))
        _tell_what_is_left_out(read)
    if save and version:
        saved = _saved(found, read, version=version, as_of=day, horizon_days=horizon_days,
                       data_sha256=table.sha256)  # fmt: skip
        path = save_performance(model_root, name, saved)
        click.echo(f"saved to {path}; the service shows it", err=True)


def performance_text(found: MaturedPerformance) -> str:
    """Put matured cohorts into a table for a terminal."""
    lines = ["period    group       customers  promised      left     AUC  log loss  verdict"]
    lines += [
        f"{cohort.period:9} {cohort.group or 'all':10.10} {cohort.rows:10,}"
        f" {cohort.expected / cohort.rows:9.1%} {cohort.churned / cohort.rows:9.1%}"
        f"  {'-' if cohort.auc is None else f'{cohort.auc:.3f}':>6} {cohort.log_loss:9.4f}"
        f"  {cohort.verdict}"
        for cohort in found.cohorts
    ]
    if not found.cohorts:
        lines = ["no cohort has matured"]
    lines.append(
        f"{found.not_matured:,} customers are younger than the horizon, "
        f"{found.unknown:,} have no known outcome; both are left out"
    )
    return "\n".join(lines)


def _outcomes(
    data: Path, table: Table, columns: dict[str, str | None], version: str | None
) -> OutcomesRead:
    try:
        places = find_columns(table.header, **columns)
        return read_outcomes(places, zip(table.lines, table.rows, strict=True), version=version)
    except OutcomeTableError as error:
        raise click.ClickException(f"{data}: {error}") from error


def _tell_what_is_left_out(read: OutcomesRead) -> None:
    if read.without_score:
        click.echo(f"{read.without_score} rows have no score and are left out", err=True)
    if read.other_versions:
        click.echo(f"{read.other_versions} rows were scored by other versions", err=True)


def _saved(
    found: MaturedPerformance,
    read: OutcomesRead,
    *,
    version: str,
    as_of: date,
    horizon_days: int,
    data_sha256: str,
) -> SavedPerformance:
    return SavedPerformance(
        model_version=version,
        as_of=as_of,
        horizon_days=horizon_days,
        data_sha256=data_sha256,
        cohorts=found.cohorts,
        not_matured=found.not_matured,
        unknown=found.unknown,
        without_score=read.without_score,
        other_versions=read.other_versions,
    )


def _facts(found: MaturedPerformance, read: OutcomesRead) -> dict[str, object]:
    cohorts = [asdict(cohort) | {"verdict": cohort.verdict} for cohort in found.cohorts]
    left_out = {"without_score": read.without_score, "other_versions": read.other_versions}
    return asdict(found) | {"cohorts": cohorts} | left_out
