"""The worker's job loop: take one job at a time, and keep the schema of the model fresh."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from marketing_service.churn_client import ChurnServiceError, LiveModel
from marketing_service.errors import LeaseLostError, StoreBusyError
from marketing_service.store import dialect, jobs, live_schema
from marketing_service.store.engine import Database
from marketing_service.store.jobs import Job
from service_kit.logs import EventLog

LEASE_MS: Final = 60_000
IDLE_SECONDS: Final = 0.25
TROUBLE_SECONDS: Final = 1.0
REFRESH_SECONDS: Final = 2.0
UNKNOWN_SECONDS: Final = 1.0


class JobRunner(Protocol):
    """Does one kind of job from claim to end."""

    def run(self, job: Job) -> None:
        """Finish, fail or give back a claimed job."""


class SchemaSource(Protocol):
    """Tells what churn-service serves."""

    def live_model(self) -> LiveModel:
        """Fetch the schema of the model in charge."""


class SchemaKeeper:
    """Keep the schema of the served model in the store, for imports and pages.

    Args:
        database: The store.
        churn: Whom to ask.
        clock: Milliseconds UTC, noted beside the schema.
        monotonic: Seconds that never step back, for the pauses.
        log: Where events go.
    """

    def __init__(
        self,
        database: Database,
        churn: SchemaSource,
        *,
        clock: Callable[[], int],
        monotonic: Callable[[], float],
        log: EventLog,
    ) -> None:
        self._database = database
        self._churn = churn
        self._clock = clock
        self._monotonic = monotonic
        self._log = log
        self._ask_at = float("-inf")
        self._known = ""

    def refresh(self) -> None:
        """Ask again when it is time; a service that is away is asked again soon."""
        if self._monotonic() < self._ask_at:
            return
        try:
            model = self._churn.live_model()
        except ChurnServiceError as error:
            self._log.event("schema.unavailable", level="warning", detail=str(error))
            self._ask_at = self._monotonic() + UNKNOWN_SECONDS
            return
        self._ask_at = self._monotonic() + REFRESH_SECONDS
        with self._database.write() as conn:
            live_schema.put(
                conn,
                schema=model.schema.to_json(),
                digest=model.schema_digest,
                model_version=model.model_version,
                now_ms=self._clock(),
            )
        if self._known != model.schema_digest:
            self._known = model.schema_digest
            self._log.event("schema.known", digest=model.schema_digest)


class JobLoop:
    """Do jobs one after the other; `step` never sleeps.

    Args:
        database: Where jobs wait.
        runners: Who does which kind of job.
        keeper: Kept up to date between jobs.
        log: Where events go.
    """

    def __init__(
        self,
        database: Database,
        runners: Mapping[str, JobRunner],
        keeper: SchemaKeeper,
        *,
        log: EventLog,
    ) -> None:
        self._database = database
        self._runners = runners
        self._keeper = keeper
        self._log = log

    def step(self) -> float:
        """Do one job if there is one; return the seconds to wait before the next step.

        A failing database is no reason to end: the job's lease runs out and it is taken
        again, here or elsewhere.
        """
        try:
            self._keeper.refresh()
            job = self._claim()
            if job is None:
                return IDLE_SECONDS
            self._runners[job.kind].run(job)
        except LeaseLostError:
            self._log.event("job.lost", level="warning")
        except (SQLAlchemyError, StoreBusyError) as error:
            self._log.failure("job.database_failed", error)
            return TROUBLE_SECONDS
        except Exception as error:  # noqa: BLE001 - a broken job must not end the others
            self._log.failure("job.broken", error)
            return TROUBLE_SECONDS
        return 0.0

    def _claim(self) -> Job | None:
        with self._database.read() as conn:
            if not jobs.open_count(conn):
                return None
        with self._database.write() as conn:
            return jobs.claim(
                conn, list(self._runners), now_ms=dialect.now_ms(conn), lease_ms=LEASE_MS
            )
