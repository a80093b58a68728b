"""`churn models watch`: take a new champion out of charge when it does harm."""

import time
from pathlib import Path
from urllib.parse import urlsplit

import click

from churn_service.artefact.aliases import instant, now
from churn_service.automatic_rollback import MINUTES, UNREACHABLE, Guard, Registry
from churn_service.cli.exits import WrongUsage
from churn_service.cli.options import (
    model_root_option,
    name_option,
    public_key_option,
    trusted_key,
)
from churn_service.monitoring.replicas import Replicas


@click.command("watch")
@click.option(
    "--url",
    "urls",
    multiple=True,
    required=True,
    help="Where churn-service is; a name with several addresses stands for all replicas.",
)
@click.option(
    "--minutes",
    default=MINUTES,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="How long after a promotion.",
)
@click.option(
    "--interval",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0.05),
    help="Seconds between two looks.",
)
@click.option("--once", is_flag=True, help="Look once and end, to try it out.")
@public_key_option
@model_root_option
@name_option
def watch_models(
    *,
    urls: tuple[str, ...],
    minutes: float,
    interval: float,
    once: bool,
    public_key: Path | None,
    model_root: Path,
    name: str,
) -> None:
    """Roll back by itself when a new champion does harm; runs until it is stopped.

    Reasons: a replica refuses the version, answers are errors or slow, or the scores
    are far from those of training. Run one of it, beside the service, with write access
    to the registry. A promotion is rolled back at most once; what a person promotes
    again is left alone. The log of promotions names "automatic" and the reason.

    Exit code 1 with --once: no replica can be reached, so nothing was looked at.

    \b
    churn models watch --url http://churn-service:8080
    """  # noqa: D301 - click's mark against rewrapping
    for url in urls:
        if not url.startswith("http://") or not urlsplit(url).hostname:
            raise WrongUsage(f"--url must be like http://churn-service:8080, not {url!r}")
    if not model_root.is_dir():
        raise WrongUsage(
            f"there is no folder {model_root}, so no registry to watch; "
            "name it with --model-root or CHURN_MODEL_ROOT"
        )
    registry = Registry(model_root, name, trusted_key(public_key))
    guard = Guard(registry, Replicas(urls).look, minutes=minutes)
    said = guard.look()
    if once and said == UNREACHABLE:
        raise click.ClickException(f"{said} at {', '.join(urls)}")
    click.echo(f"{instant(now)} {said or f'watching {name}'}")
    while not once:
        time.sleep(interval)
        last, said = said, guard.look()
        if said and said != last:
            click.echo(f"{instant(now)} {said}")
