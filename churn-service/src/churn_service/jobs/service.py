"""Bulk jobs of one process: the folder, who takes orders, who works them off."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from churn_service.jobs.intake import Intake
from churn_service.jobs.process import now
from churn_service.jobs.runner import JobRunner
from churn_service.jobs.store import JobStore
from churn_service.settings import Settings
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

_THREADS_OF_AN_UPLOAD = 4


@dataclass(frozen=True)
class JobService:
    """What the routes of jobs need.

    Attributes:
        intake: Takes orders, finds jobs, ends them.
        runner: Works them off; to be started once.
        max_upload_bytes: The most that an upload may hold.
        uploads: Places for uploads at the same time; slow ones must not take all threads.
    """

    intake: Intake
    runner: JobRunner
    max_upload_bytes: int
    uploads: threading.BoundedSemaphore


def job_service(
    settings: Settings,
    log: EventLog,
    metrics: Metrics,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> JobService | None:
    """Build the jobs of the settings; None where no folder is set. Nothing is started."""
    if settings.jobs_folder is None:
        return None
    settings.jobs_folder.mkdir(parents=True, exist_ok=True)
    store = JobStore(settings.jobs_folder)
    intake = Intake(
        store,
        data_folder=settings.data_folder,
        most_waiting=settings.max_jobs_waiting,
        now=now,
    )
    keep = timedelta(hours=settings.job_hours)
    runner = JobRunner(store, keep=keep, log=log, metrics=metrics, now=clock)
    uploads = threading.BoundedSemaphore(max(1, settings.threads // _THREADS_OF_AN_UPLOAD))
    return JobService(intake, runner, settings.max_upload_bytes, uploads)
