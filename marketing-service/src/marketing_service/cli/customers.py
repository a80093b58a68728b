"""`marketing customers`: bring customers in."""

import json
from pathlib import Path
from typing import TextIO

import click

from marketing_service.cli.client import ApiClient, Json, client_of
from marketing_service.cli.exits import CommandError
from marketing_service.cli.watching import Step, watch


def _checked_mapping(
    _context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse what the service would, before a large file is on its way."""
    for pair in filter(str.strip, ",".join(pairs).split(",")):
        if not pair.rpartition("=")[0].strip():
            raise click.BadParameter(f"{pair!r} must have the form THEIRS=OURS")
    return pairs


@click.group()
def customers() -> None:
    """Import customers and look at them."""


@customers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="THEIRS=OURS",
    callback=_checked_mapping,
    help="Rename a column; with nothing behind the = it is left out.",
)
@click.option("--rejects", type=click.File("w"), help="Write refused rows with reasons here.")
@click.option("--wait", is_flag=True, help="Wait until the rows are in; --rejects implies it.")
@click.option("--json", "as_json", is_flag=True, help="Print the service's answer as JSON.")
@click.pass_context
def import_customers(
    context: click.Context,
    /,
    file: Path,
    mapping: tuple[str, ...],
    *,
    rejects: TextIO | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Upload a CSV file of customers; the worker checks and stores every row.

    New customers are added, known ones updated, others left alone. The same file again
    does nothing.

    \b
      marketing customers import customers.csv --wait
      marketing customers import list.csv --map mail=email --rejects refused.csv
    """  # noqa: D301 - click wants the character itself
    client = client_of(context)
    run = _upload(client, file, mapping)
    if wait or rejects:
        run = _wait(client, run)
    if rejects:
        rejects.writelines(f"{line}\n" for line in client.lines(f"/v1/imports/{run['id']}/rejects"))
    click.echo(json.dumps(run, indent=2) if as_json else _shown(run))


def _upload(client: ApiClient, file: Path, mapping: tuple[str, ...]) -> Json:
    params: dict[str, object] = {"filename": file.name}
    if mapping:
        params["map"] = ",".join(mapping)
    with file.open("rb") as body:
        return client.post("/v1/imports", body, "text/csv", params=params)


def _wait(client: ApiClient, run: Json) -> Json:
    latest = run

    def poll() -> Step:
        nonlocal latest
        latest = client.get(f"/v1/imports/{run['id']}")
        done = latest["counts"].get("read", 0)
        return Step(latest["state"] in {"done", "failed"}, f"import {latest['state']}", done)

    watch(poll)
    if latest["state"] == "failed":
        raise CommandError(f"the import failed: {latest['error']}")
    return latest


def _shown(run: Json) -> str:
    # Who has no address is told by a note, which also says what follows from it.
    told = (item for item in run["counts"].items() if item[0] != "no_address")
    counts = ", ".join(f"{number:,} {word}" for word, number in told)
    line = f"import {run['id']}: {run['state']}{f' ({counts})' if counts else ''}"
    return "\n  ".join([line, *run.get("notes", ())])
