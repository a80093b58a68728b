"""What tells of this service: the document for programs and the pages for people."""

from flask import Flask

from churn_service.current_model import CurrentModel
from churn_service.envelopes.form import Envelopes
from churn_service.openapi_api import OpenApiRoute
from churn_service.served import Served
from churn_service.settings import Settings
from churn_service.telemetry import PredictionTelemetry
from churn_service.web.docs import DocsPage
from churn_service.web.score import ScorePage
from churn_service.web.what_if import WhatIfPage
from service_kit.logs import EventLog


def register_interface(
    app: Flask,
    settings: Settings,
    current: CurrentModel,
    served: Served,
    *,
    envelopes: Envelopes,
    telemetry: PredictionTelemetry,
    log: EventLog,
) -> None:
    """Add the document, its page, and the pages that ask about one customer."""
    media_types = envelopes.media_types.split(", ")
    document = OpenApiRoute(current.take, served, media_types, settings.public_url)
    document.register(app)
    DocsPage(document.description, settings.public_url).register(app, log)
    ScorePage(current.take, telemetry, settings.public_url).register(app, log)
    WhatIfPage(current.take, settings.public_url).register(app, log)
