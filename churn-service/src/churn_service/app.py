"""Composition root of the serving process: what exists at all."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from flask import Flask

from churn_service.alias_changes import AliasChanges
from churn_service.api import PredictionRoutes
from churn_service.artefact.errors import KeyFileError
from churn_service.artefact.keys import PublicKey, read_public_key
from churn_service.artefact.reader import Artefact, read_artefact
from churn_service.column_envelopes import column_envelopes
from churn_service.current_model import CurrentModel
from churn_service.drift_api import DriftRoutes, watched
from churn_service.envelopes.csv import CsvEnvelope
from churn_service.envelopes.form import Envelopes
from churn_service.envelopes.json import JsonEnvelope
from churn_service.envelopes.ndjson import NdjsonEnvelope
from churn_service.explain_api import ExplainRoute
from churn_service.front import EXTENSION, Front, install_front
from churn_service.interface import register_interface
from churn_service.jobs.service import job_service
from churn_service.jobs_api import JobRoutes
from churn_service.loading import predictor_of
from churn_service.model_api import LifecycleRoutes
from churn_service.monitoring.collector import WatchCollector
from churn_service.monitoring.saved import PerformanceRecord
from churn_service.monitoring.shadow_scores import ShadowScores
from churn_service.monitoring.watch import ModelWatch, Watched
from churn_service.monitoring.windows import WindowRule
from churn_service.predictor import Predictor
from churn_service.protocols import register_protocols
from churn_service.record_scoring import RecordScoring
from churn_service.registry import AliasWatcher, ModelRegistry
from churn_service.schema_api import ModelRoutes
from churn_service.scoring import Scoring
from churn_service.served import Served
from churn_service.settings import PREFIX, Settings
from churn_service.shadow import ShadowScorer
from churn_service.telemetry import PredictionTelemetry
from churn_service.vertex import vertex_paths
from churn_service.web.model import ModelPage, Place
from service_kit.flask_app import install_kit
from service_kit.health import Health
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.pages import NavLink, install_pages
from service_kit.server import bind_host, serve
from service_kit.settings import SettingsError, load_settings

_NAVIGATION = (
    NavLink("Score a customer", "/score"),
    NavLink("What if", "/what-if"),
    NavLink("The model", "/model"),
    NavLink("API", "/docs"),
)


class _Shared(NamedTuple):
    """What the groups of routes have in common."""

    settings: Settings
    registry: ModelRegistry
    current: CurrentModel
    telemetry: PredictionTelemetry
    scoring: Scoring
    served: Served
    log: EventLog
    metrics: Metrics


def create_app(
    settings: Settings,
    *,
    registry: ModelRegistry,
    log: EventLog,
    metrics: Metrics,
    shadow: ShadowScorer | None = None,
) -> Flask:
    """Build the app around a registry; nothing is loaded and no thread started."""
    app = Flask("churn_service")
    health = _health(registry)
    requests = install_kit(
        app,
        health=health,
        metrics=metrics,
        log=log,
        metric_prefix="churn",
        max_body_bytes=settings.max_body_bytes,
    )
    install_pages(app, static_prefix="/score/static", product="Churn", navigation=_NAVIGATION)
    record = PerformanceRecord(settings.model_root, settings.model_name)
    watch = _watch(settings, registry, metrics, record)
    telemetry = PredictionTelemetry(metrics, log, watch.monitor)
    shadow = shadow or ShadowScorer(registry.shadows, metrics, ShadowScores())
    app.extensions["shadow"] = shadow
    shared = _Shared(
        settings,
        registry,
        CurrentModel(registry),
        telemetry,
        Scoring(registry, telemetry, shadow),
        _served(settings, registry, health),
        log,
        metrics,
    )
    app.after_request(shared.current.name_on_answer)
    _register_scoring(app, shared)
    _register_model(app, shared, watch, record)
    return install_front(
        app,
        registry,
        record=requests,
        telemetry=telemetry,
        log=log,
        metrics=metrics,
        settings=settings,
        health=health,
    )


def _register_scoring(app: Flask, shared: _Shared) -> None:
    settings, current, telemetry = shared.settings, shared.current, shared.telemetry
    limit = settings.max_body_bytes
    envelopes = Envelopes(JsonEnvelope(), NdjsonEnvelope(), CsvEnvelope(), *column_envelopes())
    PredictionRoutes(
        current, telemetry, shared.scoring, envelopes=envelopes, max_body_bytes=limit
    ).register(app)
    ExplainRoute(current, telemetry, shared.scoring, max_body_bytes=limit).register(app)
    records = RecordScoring(current, telemetry, shared.scoring)
    register_protocols(app, settings, current, records, shared.served)
    app.extensions["jobs"] = jobs = job_service(settings, shared.log, shared.metrics)
    JobRoutes(current, jobs).register(app)
    register_interface(
        app,
        settings,
        current,
        shared.served,
        envelopes=envelopes,
        telemetry=telemetry,
        log=shared.log,
    )


def _register_model(
    app: Flask, shared: _Shared, watch: ModelWatch, record: PerformanceRecord
) -> None:
    registry, take = shared.registry, shared.current.take
    place = Place(shared.settings.model_root, shared.settings.model_name)
    changes = AliasChanges(*place, registry.refresh, trusted_key(shared.settings))
    ModelRoutes(take, registry.facts).register(app)
    LifecycleRoutes(*place, changes).register(app)
    DriftRoutes(take, watch, record).register(app)
    page = ModelPage(
        take,
        registry,
        place,
        watch=watch,
        record=record,
        changes=changes,
        metrics=shared.metrics.registry,
    )
    page.register(app, shared.log)


def create_registry(settings: Settings, *, log: EventLog, metrics: Metrics) -> ModelRegistry:
    """Build the registry of the settings; call `refresh` to load the champion."""
    load = partial(_load, settings, trusted_key(settings))
    return ModelRegistry(
        settings.model_root, settings.model_name, load=load, log=log, metrics=metrics
    )


def trusted_key(settings: Settings) -> PublicKey | None:
    """Return the key whose signature versions need; None when the settings name none.

    Raises:
        SettingsError: It cannot be used, or the extra for signatures is not installed.
    """
    path = settings.model_public_key
    try:
        return read_public_key(path) if path else None
    except KeyFileError as error:
        raise SettingsError([f"{PREFIX}MODEL_PUBLIC_KEY: {error}"]) from error


def create_wsgi() -> Flask:
    """Build the served app from the environment: champion loaded, alias watched."""
    settings = load_settings(Settings, os.environ, PREFIX)
    log = EventLog("churn-service", version("churn-service"), sys.stdout)
    metrics = Metrics()
    registry = create_registry(settings, log=log, metrics=metrics)
    registry.refresh()
    shadow = ShadowScorer(registry.shadows, metrics, ShadowScores())
    shadow.start()
    app = create_app(settings, registry=registry, log=log, metrics=metrics, shadow=shadow)
    front: Front = app.extensions[EXTENSION]
    front.start()

    def look() -> None:
        registry.refresh()
        front.fast_path.follow()

    AliasWatcher(look, settings.watch_seconds).start()
    if (jobs := app.extensions["jobs"]) is not None:
        jobs.runner.start()
        front.health.at_drain(jobs.runner.begin_to_stop)
    return app


def run(environ: Mapping[str, str]) -> None:
    """Serve until SIGTERM; SettingsError before anything starts when a setting is wrong.

    The worker process reads its settings from its own environment, which it inherits.
    """
    settings = load_settings(Settings, environ, PREFIX)
    trusted_key(settings)
    vertex_paths(settings)
    host = bind_host(trust_network=settings.trust_network)
    log = EventLog("churn-service", version("churn-service"), sys.stdout)
    if not settings.model_root.is_dir():
        log.event("model.root_missing", level="warning", model_root=settings.model_root)
    target = "churn_service.app:create_wsgi"
    serve(
        target,
        host=host,
        port=settings.http_port,
        threads=settings.threads,
        log=log,
        drain_seconds=settings.seconds_to_drain,
    )


def _health(registry: ModelRegistry) -> Health:
    health = Health()
    health.add_check("model", registry.check)
    health.add_fact("champion", registry.report)
    return health


def _served(settings: Settings, registry: ModelRegistry, health: Health) -> Served:
    return Served(
        model=settings.model_name,
        code_version=version("churn-service"),
        max_body_bytes=settings.max_body_bytes,
        versions=registry.versions,
        is_ready=lambda: health.ready()[0],
    )


def _watch(
    settings: Settings, registry: ModelRegistry, metrics: Metrics, record: PerformanceRecord
) -> ModelWatch:
    rule = WindowRule(settings.drift_window_rows, settings.drift_window_hours * 3600)
    watch = ModelWatch(rule)

    def champion() -> Watched | None:
        predictor = registry.current()
        return watched(predictor) if predictor else None

    metrics.registry.register(WatchCollector(watch, champion, record))
    return watch


def _load(
    settings: Settings, key: PublicKey | None, folder: Path, manifest_sha256: str
) -> tuple[Predictor, Artefact]:
    artefact = read_artefact(folder, manifest_sha256=manifest_sha256, public_key=key)
    predictor = predictor_of(
        artefact, unknown_fields=settings.unknown_fields, max_rows=settings.max_rows
    )
    return predictor, artefact
