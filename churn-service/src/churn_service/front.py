"""What stands before the Flask app in the serving process."""

import gc
import sys
from dataclasses import dataclass

from flask import Flask

from churn_service.error_answers import refusal_body
from churn_service.fast_path import PATH, FastPath
from churn_service.fast_record import Answered, FastRecord
from churn_service.registry import ModelRegistry
from churn_service.settings import Settings
from churn_service.telemetry import PredictionTelemetry
from service_kit.admission import Admission, Limits
from service_kit.deferred import Deferred
from service_kit.health import Health
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.request_record import RequestRecord
from service_kit.server import when_draining

EXTENSION = "front"
WAITING_PER_BATCH = 4
# how long a batch may keep a refusal, or a single customer, from its turn (Python: 5 ms)
SWITCH_SECONDS = 0.0005
UPLOADS = frozenset({"/jobs"})  # stored as they come, scored later


@dataclass(frozen=True)
class Front:
    """The fast path, the facts of its answers that are not yet counted, and health."""

    fast_path: FastPath
    answered: Deferred[Answered]
    health: Health

    def start(self) -> None:
        """Begin to answer on the fast path; facts are counted a moment later.

        Call it in the main thread of the process, which is told when to drain.
        """
        when_draining(self.health.drain)
        self.fast_path.follow()
        self.answered.start()
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.freeze()  # what is loaded stays; the collector need not look at it again


def install_front(
    app: Flask,
    registry: ModelRegistry,
    *,
    record: RequestRecord,
    telemetry: PredictionTelemetry,
    log: EventLog,
    metrics: Metrics,
    settings: Settings,
    health: Health,
) -> Flask:
    """Put admission and the fast path before an app.

    The fast path hands everything on until its front is started.
    """
    answered = Deferred(FastRecord(record, telemetry, log, PATH).write)
    metrics.before_render(answered.work_off)
    fast_path = FastPath(app.wsgi_app, registry, answered.put)
    limits = Limits(
        working=settings.max_batches,
        waiting=WAITING_PER_BATCH * settings.max_batches,
        queue_seconds=settings.max_queue_ms / 1000,
    )
    app.wsgi_app = Admission(  # type: ignore[method-assign]  # Flask's way to wrap
        fast_path,
        limits,
        record.refused,
        health.is_draining,
        free=UPLOADS,
        write=refusal_body,
    )
    app.extensions[EXTENSION] = Front(fast_path, answered, health)
    return app
