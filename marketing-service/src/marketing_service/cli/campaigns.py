"""`marketing campaigns`: plan, launch, report, and who was chosen and why."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click

from marketing_service.cli.client import ApiClient, Json, client_of
from marketing_service.cli.exits import UNSETTLED, CommandError
from marketing_service.cli.show import counts_line, plan_text, targets_text
from marketing_service.cli.watching import Step, watch
from marketing_service.report_text import render_report
from marketing_service.targeting.toml_text import read_toml

SETTLED_STATES = {"sent", "failed", "unknown", "cancelled"}
OPEN_STATES = {"queued", "leased", "sending", "deferred"}
MOVING = {"planning", "running", "scheduled"}
MOST_SHOWN = 50

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def campaigns() -> None:
    """Plan, launch and measure campaigns."""


@campaigns.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Call the campaign this instead of the file's name.")
@json_option
@click.pass_context
def plan(context: click.Context, /, file: Path, name: str | None, *, as_json: bool) -> None:
    """Score everybody, choose within the limits, keep a control group; send nothing.

    \b
      marketing campaigns plan spring.toml
      marketing campaigns plan spring.toml --name spring-2027-b
    """  # noqa: D301 - click wants the character itself
    client = client_of(context)
    created = client.post_json("/v1/campaigns", read_campaign(file, name))
    path = f"/v1/campaigns/{created['id']}"
    client.post_json(f"{path}/plan", {})
    found = _wait_while(client, path, {"planning"})
    if found["status"] != "planned":
        job = found.get("job") or {}
        raise CommandError(f"the plan failed: {job.get('error') or found['status']}")
    click.echo(json.dumps(found, indent=2) if as_json else plan_text(found))


def read_campaign(file: Path, name: str | None) -> Json:
    """Read a campaign file; `name` replaces the one in it.

    Raises:
        CommandError: It is no TOML, or holds values that JSON has not; says where.
    """
    try:
        document = read_toml(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CommandError(f"{file} is no TOML: {error}", 2) from None
    if problems := list(_unpostable(document, "")):
        raise CommandError("\n  ".join([f"{file} cannot be sent:", *problems]), 2)
    return document | ({"name": name} if name else {})


def _unpostable(value: object, place: str) -> Iterator[str]:
    """Name the values that a campaign cannot have and JSON could not carry."""
    if isinstance(value, dict | list):
        for name, inner in _parts(value, place):
            yield from _unpostable(inner, name)
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{place}: must be a finite number (got {value})"
    elif not isinstance(value, str | int | float):
        yield f"{place}: must be text, a number, true or false (got {value})"


def _parts(value: dict[str, object] | list[object], place: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        return ((f"{place}[{index}]", inner) for index, inner in enumerate(value))
    return ((f"{place}.{key}".lstrip("."), inner) for key, inner in value.items())


def _seen_digest(
    _context: click.Context, _option: click.Parameter, digest: str | None
) -> str | None:
    """Refuse an empty digest: a script whose variable is unset has seen no plan."""
    if digest is not None and not digest.strip():
        raise click.BadParameter("it is empty; give the digest of the plan you have seen")
    return digest


@campaigns.command()
@click.argument("campaign")
@click.option(
    "--expect",
    metavar="DIGEST",
    callback=_seen_digest,
    help="Refuse when the plan has another digest.",
)
@click.option("--wait", is_flag=True, help="Wait until every message is settled.")
@json_option
@click.pass_context
def launch(
    context: click.Context, /, campaign: str, expect: str | None, *, wait: bool, as_json: bool
) -> None:
    """Start sending a planned campaign; a second launch sends nothing twice.

    Without --expect the digest of the plan that the service shows now is used.

    \b
      marketing campaigns launch spring-2027 --expect 3f9a... --wait
    """  # noqa: D301 - click wants the character itself
    client = client_of(context)
    path = f"/v1/campaigns/{campaign}"
    digest = client.get(path)["digest"] if expect is None else expect
    found = client.post_json(f"{path}/launch", {"expect": digest})
    message = found.pop("message", "launched")
    if wait:
        found = _wait_while(client, path, MOVING)
    click.echo(json.dumps(found, indent=2) if as_json else _launched(found, message))
    if wait and (found["counts"].get("failed") or found["counts"].get("unknown")):
        context.exit(UNSETTLED)


def _launched(found: Json, message: str) -> str:
    lines = [f"{found['id']}: {message}", f"{found['status']}: {counts_line(found['counts'])}"]
    if found["counts"].get("unknown"):
        lines.append(
            "unknown messages are never sent again by themselves; list them: "
            f"marketing campaigns targets {found['id']} --state unknown"
        )
    lines.append(f"next: marketing campaigns report {found['id']}")
    return "\n".join(lines)


@campaigns.command()
@click.argument("campaign")
@click.option("--as-of", metavar="INSTANT", help="An RFC 3339 instant, or `end` of the window.")
@json_option
@click.pass_context
def report(context: click.Context, /, campaign: str, as_of: str | None, *, as_json: bool) -> None:
    """Show what became of a campaign: both arms, with an interval.

    Before its window closes a report is interim and gives no verdict. For simulated
    outcomes, which are all known at once, ask for the end of the window.
    """
    client, path = client_of(context), f"/v1/campaigns/{campaign}/report"
    found = client.get(path)
    if as_of:
        instant = found["window_ends_at"] if as_of == "end" else as_of
        if instant is None:
            raise CommandError(f"{campaign} has not been launched: its window has no end yet")
        found = client.get(path, {"as_of": instant})
    click.echo(json.dumps(found, indent=2) if as_json else render_report(found))


@campaigns.command()
@click.argument("campaign")
@click.option("--arm", type=click.Choice(["treated", "control", "none"]), help="Only this arm.")
@click.option("--state", help="Only this state, for example unknown.")
@click.option("--csv", "as_csv", is_flag=True, help="Everybody, as CSV.")
@click.option("--output", type=click.File("w"), default="-", help="Write the CSV here.")
@click.pass_context
def targets(
    context: click.Context,
    /,
    campaign: str,
    arm: str | None,
    state: str | None,
    *,
    as_csv: bool,
    output: TextIO,
) -> None:
    """List who was chosen and why; --csv gives everybody, also those not chosen."""
    client = client_of(context)
    path = f"/v1/campaigns/{campaign}/targets"
    params = {key: value for key, value in (("arm", arm), ("state", state)) if value}
    if as_csv:
        output.writelines(f"{line}\n" for line in client.lines(path, params))
        return
    page = client.get(path, {**params, "limit": MOST_SHOWN})
    click.echo(targets_text(page["targets"]))
    if page["next"] is not None:
        click.echo(f"the first {MOST_SHOWN}; all of them: --csv")


@campaigns.command("list")
@json_option
@click.pass_context
def list_campaigns(context: click.Context, /, *, as_json: bool) -> None:
    """List campaigns, the newest first."""
    found = client_of(context).get("/v1/campaigns")
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for each in found["campaigns"]:
        click.echo(f"{each['id']:<40} {each['status']:<22} {counts_line(each['counts'])}")


def _wait_while(client: ApiClient, path: str, moving: set[str]) -> Json:
    """Poll a campaign until its status is none of these; return it."""
    latest: Json = {}

    def poll() -> Step:
        nonlocal latest
        latest = client.get(path)
        return _step(latest, finished=latest["status"] not in moving)

    watch(poll)
    return latest


def _step(found: Json, *, finished: bool) -> Step:
    if found["status"] == "planning":
        progress = (found.get("job") or {}).get("progress") or {}
        return Step(finished, "planning", progress.get("done", 0), progress.get("total"))
    settled = _number(found["counts"], SETTLED_STATES)
    total = settled + _number(found["counts"], OPEN_STATES)
    return Step(finished, found["status"], settled, total)


def _number(counts: Json, states: set[str]) -> int:
    return sum(counts.get(state, 0) for state in states)
