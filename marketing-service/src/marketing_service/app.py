"""Composition root of the web process: routes over a database, nothing that sends or scores."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version

from flask import Flask

from marketing_service import migrations
from marketing_service.api.campaigns import CampaignRoutes
from marketing_service.api.customers import CustomerRoutes
from marketing_service.api.imports import ImportRoutes
from marketing_service.api.outcomes import OutcomeRoutes
from marketing_service.api.targets import TargetRoutes
from marketing_service.importing.spool import Spool
from marketing_service.settings import WebSettings, load
from marketing_service.store.engine import Database
from service_kit.flask_app import install_kit
from service_kit.health import Health
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.server import bind_host, serve


def create_app(
    settings: WebSettings, database: Database, log: EventLog, *, clock: Callable[[], int]
) -> Flask:
    """Build the app over a database; ready while its schema is this release's.

    Args:
        settings: Limits and places.
        database: Opened by the caller, who also closes it.
        log: Where events go.
        clock: Milliseconds UTC.
    """
    app = Flask("marketing_service", static_folder=None)
    health = Health()
    health.add_check("database", database.check)
    health.add_check("migrations", lambda: migrations.check(database))
    install_kit(
        app,
        health=health,
        metrics=Metrics(),
        log=log,
        metric_prefix="marketing",
        max_body_bytes=settings.max_body_bytes,
    )
    spool, largest = Spool(settings.spool_dir), settings.max_import_bytes
    ImportRoutes(database, spool, clock=clock, max_bytes=largest).register(app)
    CustomerRoutes(database).register(app)
    CampaignRoutes(database, clock=clock).register(app)
    TargetRoutes(database).register(app)
    OutcomeRoutes(database, clock=clock).register(app)
    return app


def create_wsgi() -> Flask:
    """Build the served app from the environment; granian calls this once."""
    settings = load(WebSettings, os.environ)
    log = EventLog("marketing-service", version("marketing-service"), sys.stdout)
    return create_app(settings, Database(settings.database_url), log, clock=now_ms)


def run(environ: Mapping[str, str]) -> None:
    """Serve the API until SIGTERM.

    Raises:
        SettingsError: A setting is wrong; nothing was started.
    """
    settings = load(WebSettings, environ)
    host = bind_host(trust_network=settings.trust_network)
    target = "marketing_service.app:create_wsgi"
    serve(target, host=host, port=settings.port, threads=settings.threads)


def now_ms() -> int:
    """Return the wall clock in milliseconds UTC."""
    return time.time_ns() // 1_000_000
