"""The commands that run a process of the service, or look at its settings."""

import os
import time
from collections.abc import Callable, Mapping

import click

from marketing_service import settings
from marketing_service.cli.exits import CommandError
from service_kit.settings import SettingsError, effective_settings


@click.command()
def web() -> None:
    """Answer the HTTP API on PORT."""
    from marketing_service.app import run  # noqa: PLC0415 - a client must not load the server

    _run(run)


@click.command()
def worker() -> None:
    """Import, plan and send; answers only health and metrics on PORT."""
    from marketing_service.worker import run  # noqa: PLC0415 - a client must not load it

    _run(run)


@click.command()
def mailbox() -> None:
    """Take mail for development and show it; never passes anything on."""
    from marketing_service.mailbox.app import run  # noqa: PLC0415 - a client must not load it

    _run(run)


def _run(process: Callable[[Mapping[str, str]], object]) -> None:
    try:
        process(os.environ)
    except SettingsError as error:
        raise CommandError(str(error), 2) from None


@click.command()
def migrate() -> None:
    """Bring the database to this release; enqueue the demo import when it is empty."""
    from marketing_service.first_run import migrate as bring_up  # noqa: PLC0415 - loads SQL

    try:
        found = settings.load(settings.MigrateSettings, os.environ)
    except SettingsError as error:
        raise CommandError(str(error), 2) from None
    for line in bring_up(found, clock=lambda: time.time_ns() // 1_000_000):
        click.echo(line)


@click.command()
@click.argument("process", type=click.Choice(list(settings.PROCESSES)), default="client")
def config(process: str) -> None:
    """Print every setting of a process with its value and where it comes from."""
    try:
        rows = effective_settings(settings.PROCESSES[process], os.environ, settings.PREFIX)
    except SettingsError as error:
        raise CommandError(str(error), 2) from None
    for row in rows:
        click.echo(f"{row.name:<34} {row.value:<40} {row.origin}")
