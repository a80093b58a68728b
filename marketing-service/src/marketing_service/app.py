"""Composition root of the web process: it writes rows and jobs, never scores or sends."""

import os
import sys
import time
from collections.abc import Mapping
from typing import Final

from flask import Flask

from marketing_service import migrations
from marketing_service.api.campaigns import CampaignRoutes
from marketing_service.api.customers import CustomerRoutes
from marketing_service.api.feedback import FeedbackRoutes
from marketing_service.api.idempotency import Replay
from marketing_service.api.imports import ImportRoutes
from marketing_service.api.outcomes import OutcomeRoutes
from marketing_service.api.questions import refuse_zero_bytes
from marketing_service.api.results import ResultRoutes
from marketing_service.importing.spool import Spool
from marketing_service.ports import require_free
from marketing_service.results import build_report
from marketing_service.settings import WebSettings, load
from marketing_service.store.engine import Database, check_url
from service_kit.flask_app import install_kit
from service_kit.health import Health
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.server import bind_host, serve

VERSION: Final = "0.1.0"


def run(environ: Mapping[str, str]) -> None:
    """Serve the HTTP API until SIGTERM or SIGINT.

    Raises:
        SettingsError: The environment does not describe a web process.
        DatabaseUrlError: The address of the database cannot be used.
        OSError: The port is taken.
    """
    settings = load(WebSettings, environ)
    # Here, not in the child that serves: what is wrong with the settings ends the command.
    check_url(settings.database_url)
    host = bind_host(trust_network=settings.trust_network)
    require_free(host, settings.port)
    serve(
        f"{__name__}:{create_wsgi.__name__}",
        host=host,
        port=settings.port,
        threads=settings.threads,
    )


def create_wsgi() -> Flask:
    """Build the app from the environment; granian calls this in its worker process."""
    settings = load(WebSettings, os.environ)
    log = EventLog("marketing-service", VERSION, sys.stdout)
    return create_app(settings, Database(settings.database_url), log)


def create_app(settings: WebSettings, database: Database, log: EventLog) -> Flask:
    """Build the app over a store; ready once the database is of this release."""
    app = Flask(__name__, static_folder=None)
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
    app.before_request(refuse_zero_bytes)
    spool = Spool(settings.spool_dir)
    for routes in (
        ImportRoutes(database, spool, clock=now_ms, max_bytes=settings.max_import_bytes),
        CustomerRoutes(database),
        CampaignRoutes(database, Replay(database, now_ms), clock=now_ms),
        ResultRoutes(database, build_report, clock=now_ms),
        OutcomeRoutes(database, clock=now_ms),
        FeedbackRoutes(database),
    ):
        app.register_blueprint(routes.blueprint())
    return app


def now_ms() -> int:
    """Tell the time of day in milliseconds UTC."""
    return time.time_ns() // 1_000_000
