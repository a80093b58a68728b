import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from marketing_service.errors import LeaseLostError
from marketing_service.store import jobs
from marketing_service.store.engine import Database
from marketing_service.store.jobs import Job

LEASE_MS = 100


def _enqueue(database: Database, *kinds: str) -> list[int]:
    with database.write() as conn:
        return [jobs.enqueue(conn, kind, {"kind": kind}, now_ms=1) for kind in kinds]


def _claim(database: Database, *kinds: str, now_ms: int = 10) -> Job | None:
    with database.write() as conn:
        return jobs.claim(conn, kinds or ("plan",), now_ms=now_ms, lease_ms=LEASE_MS)


def _claimed(database: Database, now_ms: int = 10) -> Job:
    job = _claim(database, now_ms=now_ms)
    assert job is not None
    return job


def _get(database: Database, job_id: int) -> Job:
    with database.read() as conn:
        job = jobs.get(conn, job_id)
    assert job is not None
    return job


def test_the_oldest_job_of_a_kind_is_taken_first(database: Database) -> None:
    _enqueue(database, "import", "plan", "plan")

    first, second, third = (_claim(database) for _ in range(3))

    assert first is not None
    assert second is not None
    assert (first.id, first.payload, first.state) == (2, {"kind": "plan"}, "running")
    assert second.id == 3
    assert third is None


def test_a_claimed_job_is_free_again_when_its_lease_is_over(database: Database) -> None:
    _enqueue(database, "plan")
    first = _claimed(database, now_ms=10)

    assert _claim(database, now_ms=10 + LEASE_MS - 1) is None
    again = _claimed(database, now_ms=10 + LEASE_MS)

    assert (again.id, again.epoch, again.attempt) == (first.id, first.epoch + 1, 2)


def test_a_renewed_lease_holds_longer(database: Database) -> None:
    _enqueue(database, "plan")
    job = _claimed(database)
    with database.write() as conn:
        jobs.renew(conn, job, now_ms=80, lease_ms=LEASE_MS)

    assert _claim(database, now_ms=150) is None


@pytest.mark.parametrize(
    "act",
    [
        lambda conn, job: jobs.renew(conn, job, now_ms=1, lease_ms=1),
        lambda conn, job: jobs.save_progress(conn, job, {"n": 1}),
        lambda conn, job: jobs.finish(conn, job, now_ms=1),
        lambda conn, job: jobs.fail(conn, job, "why", now_ms=1),
        jobs.release,
    ],
)
def test_a_worker_that_lost_its_job_can_change_nothing(
    database: Database, act: Callable[[Connection, Job], None]
) -> None:
    _enqueue(database, "plan")
    lost = _claimed(database, now_ms=10)
    current = _claimed(database, now_ms=1_000)

    with database.write() as conn, pytest.raises(LeaseLostError, match="another worker"):
        act(conn, lost)

    assert _get(database, current.id) == current


def test_progress_is_kept_for_the_next_worker(database: Database) -> None:
    _enqueue(database, "plan")
    job = _claimed(database)
    with database.write() as conn:
        jobs.save_progress(conn, job, {"rows": 5})

    again = _claimed(database, now_ms=1_000)

    assert (again.progress, again.attempt) == ({"rows": 5}, 1)


def test_a_finished_job_is_never_taken_again(database: Database) -> None:
    (job_id,) = _enqueue(database, "plan")
    with database.write() as conn:
        job = jobs.claim(conn, ["plan"], now_ms=10, lease_ms=LEASE_MS)
        assert job is not None
        jobs.finish(conn, job, now_ms=20)

    assert _claim(database, now_ms=10_000) is None
    assert (_get(database, job_id).state, _get(database, job_id).finished_at) == ("done", 20)


def test_a_failed_job_says_why(database: Database) -> None:
    _enqueue(database, "plan")
    job = _claimed(database)
    with database.write() as conn:
        jobs.fail(conn, job, "the file is gone", now_ms=20)

    assert _get(database, job.id).error == "the file is gone"
    assert _get(database, job.id).state == "failed"


def test_a_released_job_can_be_taken_at_once_or_later(database: Database) -> None:
    _enqueue(database, "plan")
    job = _claimed(database, now_ms=10)
    with database.write() as conn:
        jobs.release(conn, job)
    job = _claimed(database, now_ms=10)
    assert job.attempt == 1

    with database.write() as conn:
        jobs.release(conn, job, not_before_ms=50)
    assert _claim(database, now_ms=49) is None
    assert _claimed(database, now_ms=50).id == job.id


def test_a_job_that_ends_every_worker_is_hopeless_and_then_given_up(database: Database) -> None:
    _enqueue(database, "plan")
    for attempt in range(jobs.MAX_ATTEMPTS):
        assert not _claimed(database, now_ms=1_000 * attempt).is_hopeless
    assert _claimed(database, now_ms=1_000_000).is_hopeless

    assert _claim(database, now_ms=2_000_000) is None
    assert _get(database, 1).error == jobs.HOPELESS
    assert _get(database, 1).state == "failed"


def test_the_newest_job_of_a_kind_and_payload_is_found(database: Database) -> None:
    _enqueue(database, "plan", "plan", "import")

    with database.read() as conn:
        newest = jobs.latest_of(conn, "plan", {"kind": "plan"})
        assert jobs.latest_of(conn, "plan", {"kind": "import"}) is None
    assert newest is not None
    assert newest.id == 2


def test_open_jobs_are_counted_by_kind(database: Database) -> None:
    _enqueue(database, "plan", "plan", "import")
    job = _claimed(database)
    with database.write() as conn:
        jobs.finish(conn, job, now_ms=1)

    with database.read() as conn:
        assert jobs.open_count(conn) == 2
        assert jobs.open_count(conn, "plan") == 1
        assert jobs.get(conn, 99) is None


def test_many_workers_take_every_job_once(database: Database) -> None:
    ids = _enqueue(database, *["plan"] * 20)
    taken: list[int] = []

    def work() -> None:
        while job := _claim(database):
            taken.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == ids
