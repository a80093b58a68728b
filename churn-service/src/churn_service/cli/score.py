"""Command `churn predict`: score the customers of a file."""

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

import click

from churn_service.artefact.aliases import CHAMPION
from churn_service.artefact.listing import find_version
from churn_service.cli.customer_files import customer_pieces
from churn_service.cli.exits import WrongUsage
from churn_service.cli.options import data_option, model_root_option, name_option, quiet_option
from churn_service.cli.output import whole_file, whole_stdout
from churn_service.cli.score_progress import ScoreProgress
from churn_service.file_scoring import FileScoring, Tally
from churn_service.loading import load_predictor
from churn_service.long_answers import FORMS, Answer, MissingExtraError, long_answer
from churn_service.predictor import Predictor

_FORM_OF_SUFFIX = {f".{name}": name for name in FORMS} | {".ndjson": "jsonl", ".arrows": "arrow"}


@click.command()
@data_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the scores; default: stdout.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMS]),
    help="Form of the scores; default: as the name of the output ends, else csv.",
)
@click.option(
    "--lenient",
    is_flag=True,
    help="Score the good rows; a bad one keeps its place and says what is wrong.",
)
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Score the good rows; write what is wrong with the others to this CSV file.",
)
@click.option("--version", "wanted", default=CHAMPION, show_default=True, help="Version or alias.")
@click.option(
    "--snapshot-date",
    "snapshot",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day that the file describes; dates are counted to it.",
)
@quiet_option
@model_root_option
@name_option
def predict(  # noqa: PLR0913 - one parameter per option
    *,
    data: Path,
    output: Path | None,
    form: str | None,
    lenient: bool,
    errors: Path | None,
    wanted: str,
    snapshot: datetime | None,
    quiet: bool,
    model_root: Path,
    name: str,
) -> None:
    """Score every customer of a file of any size: CSV, gzip too, Parquet, JSON Lines.

    Columns may have the names of the training file or the canonical ones; others
    are ignored. When rows are wrong, each is named and nothing is written, unless
    --lenient or --errors is given.

    \b
    churn predict --data customers.csv --output scores.csv
    churn predict --data customers.csv.gz --output scores.parquet --errors bad.csv
    """  # noqa: D301 - click's mark against rewrapping
    _keep_apart({"--data": data, "--output": output, "--errors": errors})
    predictor = load_predictor(find_version(model_root, name, wanted))
    is_strict = not lenient and errors is None
    with ExitStack() as stack:
        progress = stack.enter_context(_progress(data, quiet=quiet))
        scoring = FileScoring(
            predictor,
            _answer(form, output, predictor),
            stack.enter_context(_target(output, is_strict=is_strict)),
            is_lenient=not is_strict,
            errors=stack.enter_context(whole_file(errors) if errors else nullcontext()),
            watch=progress.show,
        )
        tally = scoring.run(
            customer_pieces(
                data,
                predictor,
                snapshot.date() if snapshot else None,
                allow_ragged=not is_strict,
                note=partial(click.echo, err=True),
            )
        )
    _tell(tally, output, errors)


def _keep_apart(files: dict[str, Path | None]) -> None:
    """Refuse to write over the customers, or one result over the other."""
    seen: dict[Path, str] = {}
    for option, path in files.items():
        if path is None:
            continue
        first = seen.setdefault(path.resolve(), option)
        if first != option:
            message = f"{option} names the same file as {first}: {path}; choose another"
            raise WrongUsage(message)


def _answer(form: str | None, output: Path | None, predictor: Predictor) -> Answer:
    wanted = form or _FORM_OF_SUFFIX.get(output.suffix if output else "", "csv")
    try:
        return long_answer(wanted, predictor)
    except MissingExtraError as error:
        raise WrongUsage(f"{wanted}: {error}") from error


def _target(output: Path | None, *, is_strict: bool) -> AbstractContextManager[IO[bytes]]:
    if output is not None:
        return whole_file(output)
    return whole_stdout() if is_strict else nullcontext(sys.stdout.buffer)


@contextmanager
def _progress(data: Path, *, quiet: bool) -> Iterator[ScoreProgress]:
    size = data.stat().st_size if data.is_file() else 0
    progress = ScoreProgress(size, sys.stderr, time.monotonic, quiet=quiet)
    try:
        yield progress
    finally:
        progress.end()


def _tell(tally: Tally, output: Path | None, errors: Path | None) -> None:
    good = tally.rows - tally.bad_rows
    if output is not None:
        click.echo(f"{good} customers scored, written to {output}", err=True)
    if tally.bad_rows:
        where = f"; see {errors}" if errors else ""
        click.echo(f"{tally.bad_rows} bad rows were not scored{where}", err=True)
