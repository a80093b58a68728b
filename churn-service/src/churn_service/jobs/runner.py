"""Start the processes of jobs, one at a time, and clear away what is old."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from churn_service.jobs.job import Job
from churn_service.jobs.store import JobStore
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

_PAUSE_SECONDS = 0.5
_GRACE_SECONDS = 10.0


class JobRunner:
    """Works off the jobs of a store in child processes, in a thread of its own.

    A job that runs in another replica is left alone: its process holds a lock. One whose
    process has ended without an end, as after a restart, is begun again.

    Args:
        store: Where the jobs are.
        keep: How long the files of ended jobs stay.
        log: Gets `job.started`, `job.ended` and `job.removed`.
        metrics: Gets `churn_jobs_total` and `churn_job_rows_total`.
        now: Tells the time.
    """

    def __init__(
        self,
        store: JobStore,
        *,
        keep: timedelta,
        log: EventLog,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keep = keep
        self._log = log
        self._now = now
        self._ended = metrics.counter("churn_jobs_total", "Jobs that ended.", ["state"])
        self._rows = metrics.counter("churn_job_rows_total", "Customers of ended jobs.")
        self._stop = threading.Event()
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-runner", daemon=True)

    def start(self) -> None:
        """Begin; uploads that a dead process left half-written are removed."""
        self._store.remove_broken_off()
        self._thread.start()

    def begin_to_stop(self) -> None:
        """Take no further job, and end the process of the one at hand; returns at once.

        The job is begun again when a service with this folder starts.
        """
        self._stop.set()
        self._news.set()

    def stop(self) -> None:
        """Stop; returns when the process of the job at hand has ended."""
        self.begin_to_stop()
        self._thread.join()

    def wake(self) -> None:
        """Look at once: there is a new job."""
        self._news.set()

    def work_off(self) -> None:
        """Do what waits, in the caller's thread; returns when nothing waits or on `stop`."""
        for job in self._store.all():
            if not job.progress.has_ended and not self._stop.is_set():
                self._do(job)
        self._clear()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._news.clear()
            with contextlib.suppress(OSError):  # a full disk must not end the thread
                self.work_off()
            self._news.wait(_PAUSE_SECONDS)

    def _do(self, job: Job) -> None:
        with self._store.worked_on(job.order.id) as is_free:
            if not is_free:
                return
        job_id = job.order.id
        self._log.event("job.started", job=job_id, attempt=job.progress.attempts + 1)
        command = [sys.executable, "-m", "churn_service.jobs", job_id]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        while process.poll() is None:
            if self._stop.wait(_PAUSE_SECONDS / 5):
                _end(process)
        self._tell(job_id)

    def _tell(self, job_id: str) -> None:
        job = self._store.find(job_id)
        if job is None or not job.progress.has_ended:
            return
        self._ended.labels(job.progress.state).inc()
        self._rows.inc(job.progress.rows)
        self._log.event(
            "job.ended",
            job=job_id,
            state=job.progress.state,
            model_version=job.order.model_version,
            rows=job.progress.rows,
            bad_rows=job.progress.bad_rows,
        )

    def _clear(self) -> None:
        oldest = self._now() - self._keep
        for job in self._store.all():
            if job.progress.has_ended and datetime.fromisoformat(job.progress.ended) < oldest:
                self._store.remove(job.order.id)
                self._log.event("job.removed", job=job.order.id)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
