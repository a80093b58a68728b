"""Commands `churn serve` and `churn config`: the serving process and its settings."""

import os

import click

from churn_service.settings import PREFIX, Settings
from service_kit.settings import effective_settings


@click.command()
def serve() -> None:
    """Serve the champion over HTTP; settings come from CHURN_* and PORT.

    `churn config` shows them.
    """
    # the other commands work without Flask and granian loaded
    from churn_service.app import run  # noqa: PLC0415 - training must not load the server

    run(os.environ)


@click.command()
def config() -> None:
    """Print the settings in force and where each comes from."""
    rows = effective_settings(Settings, os.environ, PREFIX)
    width = max(len(row.name) for row in rows)
    for row in rows:
        click.echo(f"{row.name:<{width}}  {row.value}  ({row.origin})")
