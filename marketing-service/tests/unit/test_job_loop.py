import io
from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from churn_contract.schema import demo_schema
from marketing_service.churn_client import ChurnUnavailableError, LiveModel
from marketing_service.errors import LeaseLostError, StoreBusyError
from marketing_service.job_loop import IDLE_SECONDS, TROUBLE_SECONDS, JobLoop, SchemaKeeper
from marketing_service.store import jobs, live_schema
from marketing_service.store.engine import Database
from marketing_service.store.jobs import Job
from service_kit.logs import EventLog

SCHEMA = demo_schema()


class Churn:
    """Serves a model, or is away."""

    def __init__(self) -> None:
        self.asked = 0
        self.model: LiveModel | None = LiveModel(SCHEMA, SCHEMA.digest, "v1")

    def live_model(self) -> LiveModel:
        self.asked += 1
        if self.model is None:
            raise ChurnUnavailableError("churn-service did not answer")
        return self.model


class Runner:
    """Keeps the jobs it was given."""

    def __init__(self) -> None:
        self.seen: list[Job] = []
        self.fault: Callable[[], None] = lambda: None

    def run(self, job: Job) -> None:
        self.seen.append(job)
        self.fault()


class Bench:
    def __init__(self, database: Database) -> None:
        self.database, self.churn, self.runner = database, Churn(), Runner()
        self.now, self.stream = 0.0, io.StringIO()
        log = EventLog("test", "0", self.stream)
        self.keeper = SchemaKeeper(
            database, self.churn, clock=lambda: 5, monotonic=lambda: self.now, log=log
        )
        self.loop = JobLoop(database, {"import": self.runner}, self.keeper, log=log)

    def enqueue(self, kind: str = "import") -> None:
        with self.database.write() as conn:
            jobs.enqueue(conn, kind, {}, now_ms=0)

    def known(self) -> live_schema.LiveSchema | None:
        with self.database.read() as conn:
            return live_schema.get(conn)


@pytest.fixture
def bench(sqlite_database: Database) -> Bench:
    return Bench(sqlite_database)


def test_without_a_job_the_loop_waits(bench: Bench) -> None:
    assert bench.loop.step() == IDLE_SECONDS


def test_a_job_goes_to_its_runner(bench: Bench) -> None:
    bench.enqueue()
    assert bench.loop.step() == 0.0
    assert [job.kind for job in bench.runner.seen] == ["import"]


def test_jobs_of_other_workers_are_left_alone(bench: Bench) -> None:
    bench.enqueue("webhook")
    assert bench.loop.step() == IDLE_SECONDS


@pytest.mark.parametrize(
    ("error", "event", "pause"),
    [
        (LeaseLostError("gone"), "job.lost", 0.0),
        (StoreBusyError("busy"), "job.database_failed", TROUBLE_SECONDS),
        (OperationalError("x", {}, Exception()), "job.database_failed", TROUBLE_SECONDS),
        (RuntimeError("a bug"), "job.broken", TROUBLE_SECONDS),
    ],
)
def test_a_job_that_fails_does_not_end_the_loop(
    bench: Bench, error: Exception, event: str, pause: float
) -> None:
    def fail() -> None:
        raise error

    bench.enqueue()
    bench.runner.fault = fail
    assert bench.loop.step() == pause
    assert event in bench.stream.getvalue()


def test_the_schema_of_the_model_is_kept_in_the_store(bench: Bench) -> None:
    bench.keeper.refresh()
    found = bench.known()
    assert found is not None
    assert (found.schema, found.model_version, found.fetched_at) == (SCHEMA, "v1", 5)


def test_a_known_schema_is_asked_for_every_ten_seconds(bench: Bench) -> None:
    for now in (0.0, 1.9, 2.0):
        bench.now = now
        bench.keeper.refresh()
    assert bench.churn.asked == 2
    assert bench.stream.getvalue().count("schema.known") == 1


def test_a_service_that_is_away_is_asked_again_soon(bench: Bench) -> None:
    bench.churn.model = None
    for now in (0.0, 0.9, 1.0):
        bench.now = now
        bench.keeper.refresh()
    assert bench.churn.asked == 2
    assert bench.known() is None
    assert "schema.unavailable" in bench.stream.getvalue()
