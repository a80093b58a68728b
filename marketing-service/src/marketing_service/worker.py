"""Composition root of the worker process: imports and plans in one loop, sending in another.

It answers only health and metrics; Flask is not loaded here.
"""

import platform
import signal
import sys
import threading
import time
from collections.abc import Mapping
from typing import Final

from marketing_service import migrations
from marketing_service.churn_client import ChurnClient
from marketing_service.health_server import HealthServer
from marketing_service.http_deadline import DeadlineWatch, watched_session
from marketing_service.http_policy import HttpPolicy
from marketing_service.importing.importer import Importer
from marketing_service.importing.spool import Spool
from marketing_service.importing.upload import IMPORT_JOB
from marketing_service.job_loop import JobLoop, JobRunner, SchemaKeeper
from marketing_service.loops import Loop
from marketing_service.message.compose import Composer
from marketing_service.messengers.smtp import SmtpMessenger, SmtpOptions
from marketing_service.outbox.heart import Heart
from marketing_service.outbox.membership import Membership, Patience
from marketing_service.outbox.progress import SenderLimits
from marketing_service.outbox.sender import Sender
from marketing_service.planner import Planner
from marketing_service.ports import require_free
from marketing_service.settings import WorkerSettings, load
from marketing_service.store.engine import Database, check_url
from marketing_service.store.plan_jobs import PLAN_JOB
from marketing_service.upstream_metrics import UpstreamMetrics
from service_kit.health import Health, health_wsgi
from service_kit.logs import EventLog
from service_kit.metrics import Metrics
from service_kit.server import bind_host

VERSION: Final = "0.1.0"
DEAD_HEARTBEATS: Final = 4
WAKE_SECONDS: Final = 0.5


def run(environ: Mapping[str, str]) -> None:
    """Work until SIGTERM or SIGINT; what is in hand is finished or given back.

    Raises:
        SettingsError: The environment does not describe a worker.
        DatabaseUrlError: The address of the database cannot be used.
        OSError: The port is taken.
    """
    settings = load(WorkerSettings, environ)
    check_url(settings.database_url)
    require_free(bind_host(trust_network=settings.trust_network), settings.port)
    log = EventLog("marketing-worker", VERSION, sys.stdout)
    worker = Worker(settings, Database(settings.database_url), log)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()


class Worker:
    """Everything the worker process is made of."""

    def __init__(self, settings: WorkerSettings, database: Database, log: EventLog) -> None:
        self._log = log
        self._database = database
        self._stopping = threading.Event()
        self._metrics = Metrics()
        self._watch = DeadlineWatch(time.monotonic)
        churn = self._churn_client(settings)
        jobs = self._job_loop(settings, churn)
        membership = self._membership(settings)
        self._heart = Heart(membership, log, interval_seconds=settings.heartbeat_seconds)
        self._sender = self._make_sender(settings, membership)
        self._loops = (
            Loop("jobs", jobs.step, self._stopping, log),
            Loop("sender", self._send, self._stopping, log),
        )
        self._health = self._make_health()
        self.health_server = HealthServer(
            health_wsgi(self._health, self._metrics),
            bind_host(trust_network=settings.trust_network),
            settings.port,
        )

    def run(self) -> None:
        """Run every loop until `stop`, then end in order: health, loops, heart, sender."""
        self.health_server.start()
        self._heart.start()
        for loop in self._loops:
            loop.start()
        self._log.event("worker.started", port=self.health_server.port)
        # An untimed wait can sleep through a signal that came while the process was frozen.
        while not self._stopping.wait(WAKE_SECONDS):
            pass
        self._health.drain()
        for loop in self._loops:
            loop.join()
        self._heart.stop()
        self._sender.close()
        self.health_server.stop()
        self._watch.close()
        self._database.close()
        self._log.event("worker.stopped")

    def stop(self) -> None:
        """Ask the worker to end; returns at once, safe in a signal handler."""
        self._stopping.set()

    def _churn_client(self, settings: WorkerSettings) -> ChurnClient:
        observe = UpstreamMetrics(self._metrics, "churn-service")
        policy = HttpPolicy(
            watched_session(self._watch),
            self._watch,
            sleep=self._stopping.wait,
            observe=observe.observe,
        )
        observe.watch(policy.breaker)
        return ChurnClient(policy, settings.churn_url, settings.churn_api_key)

    def _job_loop(self, settings: WorkerSettings, churn: ChurnClient) -> JobLoop:
        importer = Importer(
            self._database,
            Spool(settings.spool_dir),
            clock=now_ms,
            address_key=settings.token_key.encode(),
        )
        planner = Planner(
            self._database,
            churn,
            clock=now_ms,
            log=self._log,
            should_stop=self._stopping.is_set,
        )
        keeper = SchemaKeeper(
            self._database, churn, clock=now_ms, monotonic=time.monotonic, log=self._log
        )
        runners: dict[str, JobRunner] = {IMPORT_JOB: importer, PLAN_JOB: planner}
        return JobLoop(self._database, runners, keeper, log=self._log)

    def _membership(self, settings: WorkerSettings) -> Membership:
        patience = Patience(
            dead_seconds=DEAD_HEARTBEATS * settings.heartbeat_seconds,
            settle_seconds=settings.settle_seconds,
        )
        return Membership(
            self._database,
            platform.node() or "worker",
            clock=now_ms,
            monotonic=time.monotonic,
            patience=patience,
        )

    def _make_sender(self, settings: WorkerSettings, membership: Membership) -> Sender:
        options = SmtpOptions(
            host=settings.smtp_host,
            port=settings.smtp_port,
            hostname=settings.mail_domain,
            reply_seconds=min(120.0, settings.settle_seconds / 4),
        )
        self._sends = self._metrics.counter(
            "marketing_sends_total", "Messages by what became of them.", ["messenger", "state"]
        )
        return Sender(
            self._database,
            membership,
            SmtpMessenger(options),
            Composer(settings.token_key.encode(), settings.mail_domain),
            clock=now_ms,
            monotonic=time.monotonic,
            limits=SenderLimits(lease_seconds=settings.lease_seconds),
            log=self._log,
        )

    def _send(self) -> float:
        progress = self._sender.step()
        for state, number in progress.states.items():
            self._sends.labels("smtp", state).inc(number)
        return progress.wait_seconds

    def _make_health(self) -> Health:
        health = Health()
        health.add_check("database", self._database.check)
        health.add_check("migrations", lambda: migrations.check(self._database))
        for loop in self._loops:
            health.add_check(loop.name, loop.check)
        return health


def now_ms() -> int:
    """Tell the time of day in milliseconds UTC."""
    return time.time_ns() // 1_000_000
