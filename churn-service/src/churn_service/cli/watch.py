"""Commands `churn drift` and `churn performance`: has the model's world changed?"""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from churn_service.artefact.aliases import CHAMPION
from churn_service.artefact.listing import find_version
from churn_service.artefact.reference import Reference
from churn_service.bulk_scoring import check_rows
from churn_service.cli.exits import Refused, WrongUsage
from churn_service.cli.options import (
    ExistingFile,
    data_option,
    json_option,
    model_root_option,
    name_option,
)
from churn_service.loading import load_predictor
from churn_service.monitoring.counts import BinCounter, ServedCounts
from churn_service.monitoring.drift import DriftReport, FieldDrift, judge
from churn_service.monitoring.matured import MaturedPerformance, matured_performance
from churn_service.monitoring.outcome_table import (
    OutcomeTableError,
    find_columns,
    read_outcomes,
)
from churn_service.monitoring.watch import NO_REFERENCE
from churn_service.predictor import Predictor
from churn_service.training.table import read_table

_PERIODS = ("week", "month", "quarter", "year")


class _Answer(msgspec.Struct):
    """What is read of an answer of `GET /models/champion/drift`."""

    counts: ServedCounts


@click.command()
@click.option("--data", type=ExistingFile, help="Table of customers to compare (CSV).")
@click.option(
    "--counts",
    type=ExistingFile,
    multiple=True,
    help="A saved answer of GET /models/champion/drift; one per replica, they are added up.",
)
@click.option("--version", "wanted", default=CHAMPION, show_default=True, help="Version or alias.")
@click.option(
    "--checks-per-week",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="How often you look; 1 % of false alarms a week are shared by all looks.",
)
@click.option("--check", is_flag=True, help="Exit with 3 when anything has drifted.")
@json_option
@model_root_option
@name_option
def drift(
    *,
    data: Path | None,
    counts: tuple[Path, ...],
    wanted: str,
    checks_per_week: float,
    check: bool,
    as_json: bool,
    model_root: Path,
    name: str,
) -> None:
    """Compare customers with those that a version was trained on.

    \b
    churn drift --data customers.csv
    churn drift --counts replica-1.json --counts replica-2.json
    """  # noqa: D301 - click's mark against rewrapping
    if bool(data) == bool(counts):
        raise WrongUsage("give either --data or --counts")
    predictor = load_predictor(find_version(model_root, name, wanted))
    reference = predictor.document.reference
    if reference is None:
        raise WrongUsage(f"{predictor.version}: {NO_REFERENCE}")
    found = (
        _counts_of_file(predictor, reference, data)
        if data
        else _added(predictor, reference, counts)
    )
    report = judge(reference, found, windows_per_week=checks_per_week)
    click.echo(json.dumps(report.facts()) if as_json else drift_text(report))
    if check and report.drifted:
        raise Refused(f"drift in {', '.join(report.drifted)}")


@click.command()
@data_option
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
@json_option
def performance(
    *,
    data: Path,
    horizon_days: int,
    by: Any,
    as_of: datetime | None,
    as_json: bool,
    **columns: str | None,
) -> None:
    """Measure scores against outcomes that are known by now, by cohort.

    The file has a row per scored customer: probability, day and outcome (churned
    or stayed, empty while unknown). The feedback table of marketing-service fits
    as it is; customers that a campaign has contacted are kept apart.

    \b
    churn performance --data feedback.csv --horizon-days 30
    """  # noqa: D301 - click's mark against rewrapping
    table = read_table(data)
    try:
        places = find_columns(table.header, **columns)
        outcomes, without_score = read_outcomes(places, zip(table.lines, table.rows, strict=True))
    except OutcomeTableError as error:
        raise click.ClickException(f"{data}: {error}") from error
    found = matured_performance(
        outcomes, as_of=_day_of(as_of), horizon_days=horizon_days, period=by
    )
    if as_json:
        click.echo(json.dumps(_facts(found, without_score)))
        return
    click.echo(performance_text(found))
    if without_score:
        click.echo(f"{without_score} rows have no score and are left out", err=True)


def drift_text(report: DriftReport) -> str:
    """Put a drift report into a table for a terminal."""
    width = max(len(field.field) for field in report.fields)
    lines = [f"{report.rows:,} customers: {report.verdict}", ""]
    lines += [f"{'field':{width}}     PSI   limit  unseen  missing  verdict"]
    lines += [_drift_line(field, width) for field in report.fields]
    if report.expected:
        figures = asdict(report.expected).items()
        shown = [f"{name} {value:.4f}" for name, value in figures if value is not None]
        lines += ["", f"expected without outcomes: {', '.join(shown)}", report.blind_spot]
    return "\n".join(lines)


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


def _drift_line(field: FieldDrift, width: int) -> str:
    states = {None: "too few", False: "as in training", True: "DRIFTED"}
    limit = "      -" if field.threshold is None else f"{field.threshold:7.4f}"
    return (
        f"{field.field:{width}} {field.psi:7.4f} {limit} {field.unseen:7.1%} {field.missing:8.1%}"
        f"  {states[field.drifted]}"
    )


def _counts_of_file(predictor: Predictor, reference: Reference, data: Path) -> ServedCounts:
    table = read_table(data)
    rows = zip(table.lines, table.rows, strict=True)
    customers = check_rows(predictor, table.header, rows)
    counter = BinCounter(predictor.version, reference)
    counts = counter.empty()
    counter.add(counts, customers, predictor.predict(customers))
    return counts


def _added(predictor: Predictor, reference: Reference, files: tuple[Path, ...]) -> ServedCounts:
    total = BinCounter(predictor.version, reference).empty()
    for file in files:
        try:
            total.add(msgspec.json.decode(file.read_bytes(), type=_Answer).counts)
        except (msgspec.DecodeError, ValueError) as error:
            raise click.ClickException(f"{file}: {error}") from error
    return total


def _day_of(as_of: datetime | None) -> date:
    return as_of.date() if as_of else datetime.now(UTC).date()


def _facts(found: MaturedPerformance, without_score: int) -> dict[str, object]:
    cohorts = [asdict(cohort) | {"verdict": cohort.verdict} for cohort in found.cohorts]
    return asdict(found) | {"cohorts": cohorts, "without_score": without_score}
