"""Turn what a caller sends into a job, once: rules, limits and the Idempotency-Key."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from churn_service.errors import (
    JobNotDoneError,
    JobNotFoundError,
    KeyReusedError,
    TooManyJobsError,
    UnsupportedBodyError,
)
from churn_service.jobs.job import Job, Order
from churn_service.jobs.spool import mounted_file, spool
from churn_service.jobs.store import JobStore
from churn_service.jobs.stream import parameters_of
from churn_service.jobs.work import INPUT, RESULT, file_types, first_name, result_types


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for, before it is a job.

    Attributes:
        owner: Who may see the job.
        key: The Idempotency-Key; empty without one.
        model_version: The version that scores.
        content_type: Of the file.
        is_gzip: Whether the file is compressed.
        answer_type: Of the result; empty: that of the file.
        is_lenient: Whether bad rows get errors in their places.
    """

    owner: str
    key: str
    model_version: str
    content_type: str
    is_gzip: bool
    answer_type: str
    is_lenient: bool


class Intake:
    """Takes orders for a store.

    Args:
        store: Where jobs go.
        data_folder: Whose files may be named; None where none may.
        most_waiting: How many jobs may wait or run.
        now: Tells the time, RFC 3339 in UTC.
    """

    def __init__(
        self,
        store: JobStore,
        *,
        data_folder: Path | None,
        most_waiting: int,
        now: Callable[[], str],
    ) -> None:
        self._store = store
        self._data_folder = data_folder
        self._most_waiting = most_waiting
        self._now = now

    def upload(self, wanted: Wanted, stream: IO[bytes], length: int | None) -> tuple[Job, bool]:
        """Take an uploaded file; return the job and whether it is new.

        Raises:
            ServiceError: The type is not taken, too many jobs wait, there is no room, or the
                key was used for something else. Nothing stays on the disk then.
        """
        order = self._order(wanted)
        order = msgspec.structs.replace(order, id=self._store.new_id(self._day()))
        try:
            with self._store.worked_on(order.id):  # so that nobody takes it for broken off
                file = spool(stream, self._store.place(order.id) / INPUT, length)
                order = msgspec.structs.replace(
                    order, input_bytes=file.size, input_sha256=file.sha256
                )
                known = self._known(order)
                if known is None:
                    return self._store.add(order), True
        except BaseException:
            self._store.remove(order.id)
            raise
        self._store.remove(order.id)
        return known, False

    def mounted(self, wanted: Wanted, path: str) -> tuple[Job, bool]:
        """Take a file of the data folder; return the job and whether it is new."""
        found = mounted_file(self._data_folder, path)
        order = msgspec.structs.replace(
            self._order(wanted), path=str(found), input_bytes=found.stat().st_size
        )
        known = self._known(order)
        if known is not None:
            return known, False
        return self._store.add(
            msgspec.structs.replace(order, id=self._store.new_id(self._day()))
        ), True

    def find(self, job_id: str, owner: str) -> Job:
        """Return a job of this owner; JobNotFoundError when there is none."""
        job = self._store.find(job_id)
        if job is None or job.order.owner != owner:
            raise JobNotFoundError("There is no such job; GET /jobs lists those there are.")
        return job

    def jobs_of(self, owner: str) -> list[Job]:
        """Return the jobs of this owner, the newest first."""
        return [job for job in reversed(self._store.all()) if job.order.owner == owner]

    def end(self, job: Job) -> Job | None:
        """Stop a job, or remove one that has ended; None when it is gone."""
        name = job.order.id
        if job.progress.has_ended:
            self._store.remove(name)
            return None
        self._store.cancel(name)
        with self._store.worked_on(name) as is_free:
            latest = self._store.find(name)
            if is_free and latest is not None and not latest.progress.has_ended:
                ended = msgspec.structs.replace(
                    latest.progress, state="cancelled", ended=self._now()
                )
                self._store.save(name, ended)
                (self._store.place(name) / INPUT).unlink(missing_ok=True)
        return self._store.find(name)

    def result_of(self, job: Job) -> Path:
        """Return the file of a result; JobNotDoneError when there is none."""
        now = job.progress
        if now.state != "done":
            raise JobNotDoneError(f"The job is {now.state}. {now.detail}".strip())
        return self._store.place(job.order.id) / RESULT

    def _order(self, wanted: Wanted) -> Order:
        name, _ = parameters_of(wanted.content_type)
        answer = wanted.answer_type or name
        if name not in file_types() or answer not in result_types():
            raise UnsupportedBodyError(
                f"A job reads these types: {', '.join(file_types())}. "
                f"It writes these: {', '.join(result_types())}.",
                headers={"Accept-Post": ", ".join(file_types())},
            )
        waiting = sum(not job.progress.has_ended for job in self._store.all())
        if waiting >= self._most_waiting:
            raise TooManyJobsError(
                f"{waiting} jobs wait already; try again later.", headers={"Retry-After": "60"}
            )
        return Order(
            id="",
            owner=wanted.owner,
            created=self._now(),
            model_version=wanted.model_version,
            content_type=wanted.content_type,
            is_gzip=wanted.is_gzip,
            answer_type=first_name(answer),
            is_lenient=wanted.is_lenient,
            key=wanted.key,
        )

    def _known(self, order: Order) -> Job | None:
        """Return the job that this key made before; KeyReusedError when it was another one."""
        if not order.key:
            return None
        for job in self.jobs_of(order.owner):
            if job.order.key != order.key:
                continue
            same = {"id": "", "created": "", "model_version": ""}
            before, again = (msgspec.structs.replace(each, **same) for each in (job.order, order))
            if before != again:
                raise KeyReusedError("This Idempotency-Key came with another file or options.")
            return job
        return None

    def _day(self) -> str:
        return self._now()[:10].replace("-", "")
