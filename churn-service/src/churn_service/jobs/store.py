"""Jobs on disk: one folder each, so that they survive every restart.

<folder>/<id>/order.json      what was asked for; written last, it makes the job
<folder>/<id>/progress.json   how far it is; replaced whole
<folder>/<id>/input           the uploaded file
<folder>/<id>/result          the answer, once it is whole
<folder>/<id>/lock            held by the one process that works on it
<folder>/<id>/cancel          there when it is to stop
"""

import contextlib
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from churn_service.jobs.job import Job, Order, Progress

_ID = re.compile(r"[0-9]{8}-[0-9a-f]{16}")
_ORDER, _PROGRESS, _CANCEL, _LOCK = "order.json", "progress.json", "cancel", "lock"


class JobStore:
    """The jobs of one folder; several processes may use it at the same time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new_id(self, day: str) -> str:
        """Make the folder of a new job; return its id. Without an order it is no job yet."""
        job_id = f"{day}-{secrets.token_hex(8)}"
        self.place(job_id).mkdir(parents=True)
        return job_id

    def place(self, job_id: str) -> Path:
        """Return the folder of a job."""
        return self.folder / job_id

    def add(self, order: Order) -> Job:
        """Make a job of an order; its input must be there."""
        job = Job(order, Progress())
        self.save(order.id, job.progress)
        _replace(self.place(order.id) / _ORDER, msgspec.json.encode(order))
        return job

    def find(self, job_id: str) -> Job | None:
        """Return a job, or None when there is none."""
        if not _ID.fullmatch(job_id):
            return None
        try:
            order = msgspec.json.decode((self.place(job_id) / _ORDER).read_bytes(), type=Order)
            content = (self.place(job_id) / _PROGRESS).read_bytes()
            return Job(order, msgspec.json.decode(content, type=Progress))
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def all(self) -> list[Job]:
        """Return all jobs, the oldest first."""
        names = (path.name for path in self.folder.glob("*") if path.is_dir())
        found = (job for name in names if (job := self.find(name)) is not None)
        return sorted(found, key=lambda job: (job.order.created, job.order.id))

    def save(self, job_id: str, progress: Progress) -> None:
        """Write how far a job is; never half."""
        _replace(self.place(job_id) / _PROGRESS, msgspec.json.encode(progress))

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        with contextlib.suppress(FileNotFoundError):  # somebody removed it just now
            (self.place(job_id) / _CANCEL).touch()

    def is_cancelled(self, job_id: str) -> bool:
        """Tell whether a job was asked to stop."""
        return (self.place(job_id) / _CANCEL).exists()

    def remove(self, job_id: str) -> None:
        """Remove all files of a job."""
        with contextlib.suppress(FileNotFoundError):
            (self.place(job_id) / _ORDER).unlink()  # first: half a folder is no job
        shutil.rmtree(self.place(job_id), ignore_errors=True)

    def remove_broken_off(self) -> None:
        """Remove uploads whose process ended before they did; who uploads holds the lock."""
        for job_id in filter(_ID.fullmatch, [path.name for path in self.folder.glob("*")]):
            with self.worked_on(job_id) as is_free:
                if is_free and not (self.place(job_id) / _ORDER).exists():
                    self.remove(job_id)

    @contextmanager
    def worked_on(self, job_id: str) -> Iterator[bool]:
        """Hold a job's lock for the block; False when somebody else holds it, or it is gone.

        The lock ends with its process, however that ends.
        """
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context((self.place(job_id) / _LOCK).open("w"))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, FileNotFoundError):
                is_held = False
            else:
                is_held = True
            yield is_held


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
