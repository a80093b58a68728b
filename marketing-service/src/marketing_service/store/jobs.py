"""Work that the web process asks for and a worker takes by a lease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from marketing_service.errors import LeaseLostError
from marketing_service.store.dialect import literals
from marketing_service.store.tables import jobs
from marketing_service.store.words import JOB_STATES

MAX_ATTEMPTS: Final = 10
"""So often may a job be taken without any progress; after that it is hopeless."""

HOPELESS: Final = f"Given up: {MAX_ATTEMPTS} workers ended in the middle of it without progress."

_OPEN: Final = JOB_STATES.codes("queued", "running")
_QUEUED, _RUNNING = JOB_STATES.code("queued"), JOB_STATES.code("running")
_DONE, _FAILED = JOB_STATES.code("done"), JOB_STATES.code("failed")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work; `epoch` proves that the holder's claim is the newest one."""

    id: int
    kind: str
    payload: dict[str, Any]
    state: str
    epoch: int
    lease_until: int
    attempt: int
    error: str | None
    progress: dict[str, Any] | None
    created_at: int
    finished_at: int | None

    @property
    def is_hopeless(self) -> bool:
        """Whether it ended too many workers: close it with `fail`, do not try again."""
        return self.attempt > MAX_ATTEMPTS


def enqueue(conn: Connection, kind: str, payload: Mapping[str, Any], *, now_ms: int) -> int:
    """Add a job and return its number."""
    statement = jobs.insert().values(kind=kind, payload=payload, state=_QUEUED, created_at=now_ms)
    return int(conn.execute(statement.returning(jobs.c.id)).scalar_one())


def claim(conn: Connection, kinds: Sequence[str], *, now_ms: int, lease_ms: int) -> Job | None:
    """Take the oldest job that waits, or whose worker let its lease run out.

    Args:
        conn: A writing connection.
        kinds: What this worker can do.
        now_ms: The database's clock, `dialect.now_ms(conn)`.
        lease_ms: How long the claim holds without `renew`.

    Returns:
        The job, or None when there is nothing to do.
    """
    _give_up(conn, now_ms=now_ms)
    free = (
        select(jobs.c.id)
        .where(literals(jobs.c.state, _OPEN), jobs.c.lease_until <= now_ms, jobs.c.kind.in_(kinds))
        .order_by(jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    statement = (
        jobs
        .update()
        .where(jobs.c.id == free.scalar_subquery())
        .values(
            state=_RUNNING,
            epoch=jobs.c.epoch + 1,
            attempt=jobs.c.attempt + 1,
            lease_until=now_ms + lease_ms,
        )
    )
    row = conn.execute(statement.returning(jobs)).one_or_none()
    return _job(row) if row else None


def renew(conn: Connection, job: Job, *, now_ms: int, lease_ms: int) -> None:
    """Keep a claimed job for another while.

    Raises:
        LeaseLostError: another worker has taken it.
    """
    _update(conn, job, lease_until=now_ms + lease_ms)


def save_progress(conn: Connection, job: Job, progress: Mapping[str, Any]) -> None:
    """Note how far a claimed job has come, for people and for the next worker.

    Raises:
        LeaseLostError: another worker has taken it.
    """
    _update(conn, job, progress=progress, attempt=0)


def finish(conn: Connection, job: Job, *, now_ms: int) -> None:
    """Close a claimed job that is done.

    Raises:
        LeaseLostError: another worker has taken it.
    """
    _update(conn, job, state=_DONE, finished_at=now_ms)


def fail(conn: Connection, job: Job, error: str, *, now_ms: int) -> None:
    """Close a claimed job that cannot be done, with the cause for people.

    Raises:
        LeaseLostError: another worker has taken it.
    """
    _update(conn, job, state=_FAILED, error=error, finished_at=now_ms)


def release(conn: Connection, job: Job, *, not_before_ms: int = 0) -> None:
    """Give a claimed job back: its worker stops, or something it needs is not there yet.

    Args:
        conn: A writing connection.
        job: The claimed job.
        not_before_ms: When it may be taken again, by the database's clock.

    Raises:
        LeaseLostError: another worker has taken it.
    """
    attempt = max(job.attempt - 1, 0)
    _update(conn, job, state=_QUEUED, lease_until=not_before_ms, attempt=attempt)


def get(conn: Connection, job_id: int) -> Job | None:
    """Return one job."""
    row = conn.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    return _job(row) if row else None


def latest_of(conn: Connection, kind: str, payload: Mapping[str, Any]) -> Job | None:
    """Return the newest job of a kind that does just this."""
    query = select(jobs).where(jobs.c.kind == kind, jobs.c.payload == payload)
    row = conn.execute(query.order_by(jobs.c.id.desc()).limit(1)).one_or_none()
    return _job(row) if row else None


def open_count(conn: Connection, kind: str | None = None) -> int:
    """Count the jobs that wait or run, of one kind or of all."""
    query = select(func.count()).select_from(jobs).where(literals(jobs.c.state, _OPEN))
    if kind is not None:
        query = query.where(jobs.c.kind == kind)
    return conn.execute(query).scalar_one()


def _give_up(conn: Connection, *, now_ms: int) -> None:
    # Whoever took a hopeless job should have closed it; this one did not live to do so.
    hopeless = and_(
        literals(jobs.c.state, _OPEN),
        jobs.c.lease_until <= now_ms,
        jobs.c.attempt > MAX_ATTEMPTS,
    )
    closed = {"state": _FAILED, "error": HOPELESS, "finished_at": now_ms}
    conn.execute(jobs.update().where(hopeless).values(closed))


def _update(conn: Connection, job: Job, **values: Any) -> None:
    mine: ColumnElement[bool] = and_(
        jobs.c.id == job.id, jobs.c.epoch == job.epoch, jobs.c.state == _RUNNING
    )
    if conn.execute(jobs.update().where(mine).values(values)).rowcount != 1:
        raise LeaseLostError(f"Job {job.id} ({job.kind}) belongs to another worker now.")


def _job(row: Row[Any]) -> Job:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    values["state"] = JOB_STATES.word(row.state)
    return Job(**values)
