"""Command `churn drift`: do customers still look like those of training?"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from http.client import HTTPException
from pathlib import Path

import click
import msgspec

from churn_service.artefact.aliases import CHAMPION
from churn_service.artefact.listing import find_version
from churn_service.artefact.reference import Reference
from churn_service.bulk_scoring import check_rows
from churn_service.cli.exits import Refused, WrongUsage
from churn_service.cli.options import ExistingFile, json_option, model_root_option, name_option
from churn_service.loading import load_predictor
from churn_service.monitoring.counts import BinCounter, ServedCounts
from churn_service.monitoring.drift import DriftReport, FieldDrift, judge
from churn_service.monitoring.replicas import addresses_of, get
from churn_service.monitoring.watch import NO_REFERENCE
from churn_service.predictor import Predictor
from churn_service.training.table import read_table


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
@click.option(
    "--url",
    "urls",
    multiple=True,
    help="Where the service is: all replicas behind it are asked, their counts added up.",
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
def drift(  # noqa: PLR0913 - one parameter per option
    *,
    data: Path | None,
    counts: tuple[Path, ...],
    urls: tuple[str, ...],
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
    churn drift --url http://churn-service:8080
    """  # noqa: D301 - click's mark against rewrapping
    if sum(map(bool, (data, counts, urls))) != 1:
        raise WrongUsage("give either --data, --counts or --url")
    predictor = load_predictor(find_version(model_root, name, wanted))
    reference = predictor.document.reference
    if reference is None:
        raise WrongUsage(f"{predictor.version}: {NO_REFERENCE}")
    if data:
        found = _counts_of_file(predictor, reference, data)
    else:
        answers = _answers_of_replicas(urls) if urls else _answers_of_files(counts)
        found = _added(predictor, reference, answers)
    report = judge(reference, found, windows_per_week=checks_per_week)
    click.echo(json.dumps(report.facts()) if as_json else drift_text(report))
    if check and report.drifted:
        raise Refused(f"drift in {', '.join(report.drifted)}")


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


def _answers_of_files(files: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    return ((str(file), file.read_bytes()) for file in files)


def _answers_of_replicas(urls: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield what every replica answers; a verdict without one of them would be none."""
    addresses = addresses_of(urls)
    if not addresses:
        raise click.ClickException(f"nobody is known at {', '.join(urls)}")
    for address in addresses:
        where = f"{address[0]}:{address[1]}"
        try:
            yield where, get(address, "/models/champion/drift")
        except (OSError, HTTPException) as error:
            raise click.ClickException(f"{where} does not answer: {error}") from error


def _added(
    predictor: Predictor, reference: Reference, answers: Iterator[tuple[str, bytes]]
) -> ServedCounts:
    total = BinCounter(predictor.version, reference).empty()
    for source, answer in answers:
        try:
            total.add(msgspec.json.decode(answer, type=_Answer).counts)
        except (msgspec.DecodeError, ValueError) as error:
            raise click.ClickException(f"{source}: {error}") from error
    return total
