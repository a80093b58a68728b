"""What stands before the Flask app in the serving process."""

import gc
from dataclasses import dataclass

from flask import Flask

from churn_service.fast_path import PATH, FastPath
from churn_service.fast_record import Answered, FastRecord
from churn_service.registry import ModelRegistry
from churn_service.telemetry import PredictionTelemetry
from service_kit.deferred import Deferred
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.request_record import RequestRecord

EXTENSION = "front"


@dataclass(frozen=True)
class Front:
    """The fast path, and the facts of its answers that are not yet counted."""

    fast_path: FastPath
    answered: Deferred[Answered]

    def start(self) -> None:
        """Begin to answer on the fast path; facts are counted a moment later."""
        self.fast_path.follow()
        self.answered.start()
        gc.freeze()  # what is loaded stays; the collector need not look at it again


def install_front(
    app: Flask,
    registry: ModelRegistry,
    *,
    record: RequestRecord,
    telemetry: PredictionTelemetry,
    log: EventLog,
    metrics: Metrics,
) -> Flask:
    """Put the fast path before an app; it hands everything on until its front is started."""
    answered = Deferred(FastRecord(record, telemetry, log, PATH).write)
    metrics.before_render(answered.work_off)
    fast_path = FastPath(app.wsgi_app, registry, answered.put)
    app.wsgi_app = fast_path  # type: ignore[method-assign]  # Flask's way to wrap
    app.extensions[EXTENSION] = Front(fast_path, answered)
    return app
