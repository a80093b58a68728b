"""Composition root of the development mailbox: an SMTP server and an inbox.

The SMTP server runs in the process that `run` starts; the inbox is a web process of its
own, and the SQLite file between them is the only thing they share.
"""

import os
import socket
import sys
import time
from collections.abc import Mapping
from typing import Final

from flask import Flask

from marketing_service.mailbox.api import MailboxApi
from marketing_service.mailbox.ledger import Ledger
from marketing_service.mailbox.pages import MailboxPages
from marketing_service.mailbox.smtp_server import MailHandler, smtp_controller
from marketing_service.ports import require_free
from marketing_service.settings import MailboxSettings, load
from service_kit.flask_app import install_kit
from service_kit.health import Health
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.pages import NavLink, install_pages, show_problems_as_pages
from service_kit.server import bind_host, serve

THREADS: Final = 4
VERSION: Final = "0.1.0"


def run(environ: Mapping[str, str]) -> None:
    """Take mail and serve the inbox until SIGTERM or SIGINT.

    Raises:
        SettingsError: The environment does not describe a mailbox.
        OSError: A port is taken.
    """
    settings = load(MailboxSettings, environ)
    host = bind_host(trust_network=settings.trust_network)
    require_free(host, settings.port)
    require_free(host, settings.mailbox_smtp_port, "MARKETING_MAILBOX_SMTP_PORT")
    log = _log()
    ledger = _ledger(settings)
    smtp = smtp_controller(MailHandler(ledger, log), host=host, port=settings.mailbox_smtp_port)
    smtp.start()
    log.event("mailbox.started", smtp_port=settings.mailbox_smtp_port, port=settings.port)
    try:
        target = f"{__name__}:{create_wsgi.__name__}"
        serve(target, host=host, port=settings.port, threads=THREADS)
    finally:
        smtp.stop()
        ledger.close()


def create_wsgi() -> Flask:
    """Build the inbox from the environment; granian calls this in the web process."""
    settings = load(MailboxSettings, os.environ)
    return create_app(_ledger(settings), _log(), smtp_port=settings.mailbox_smtp_port)


def create_app(ledger: Ledger, log: EventLog, *, smtp_port: int) -> Flask:
    """Build the inbox over a ledger; ready while the SMTP port answers."""
    app = Flask(__name__, static_folder=None)
    health = Health()
    health.add_check("database", ledger.check)
    health.add_check("smtp", lambda: _smtp_check(smtp_port))
    install_kit(app, health=health, metrics=Metrics(), log=log, metric_prefix="mailbox")
    install_pages(
        app,
        static_prefix="/mailbox/static",
        product="Mailbox",
        navigation=[NavLink("Inbox", "/mailbox")],
    )
    pages = MailboxPages(ledger).blueprint()
    show_problems_as_pages(pages, log)
    app.register_blueprint(pages)
    app.register_blueprint(MailboxApi(ledger).blueprint())
    return app


def _ledger(settings: MailboxSettings) -> Ledger:
    return Ledger(settings.mailbox_database, clock=lambda: time.time_ns() // 1_000_000)


def _log() -> EventLog:
    return EventLog("mailbox", VERSION, sys.stdout)


def _smtp_check(port: int) -> str | None:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError as error:
        return f"The SMTP port {port} does not answer ({type(error).__name__})."
    return None
