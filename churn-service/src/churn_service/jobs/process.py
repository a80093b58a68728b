"""The job's process: what it needs of the settings, and its place behind the requests."""

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from churn_service.artefact.keys import read_public_key
from churn_service.artefact.listing import find_version
from churn_service.artefact.reader import read_artefact
from churn_service.jobs.store import JobStore
from churn_service.jobs.work import Worker
from churn_service.loading import predictor_of
from churn_service.predictor import Predictor
from churn_service.settings import PREFIX, Settings
from service_kit.settings import load_settings

_SET_PARENT_DEATH_SIGNAL = 1  # of prctl(2)
_NICE = 10  # requests go first
_ENDED, _BUSY = 0, 75
# A block holds a mebibyte, so fewer rows than this.
_MOST_ROWS_OF_A_BLOCK = 1 << 20


def run(job_id: str, environ: Mapping[str, str]) -> int:
    """Do a job; 0 when it ended in any way, 75 when another process does it."""
    settings = load_settings(Settings, environ, PREFIX)
    if settings.jobs_folder is None:
        return _BUSY
    os.nice(_NICE)
    _end_with_the_service()
    worker = Worker(JobStore(settings.jobs_folder), partial(_load, settings), now)
    return _ENDED if worker.work(job_id) else _BUSY


def _end_with_the_service() -> None:
    """Get SIGTERM when the process that started this one ends, however it does (Linux).

    The job is begun again by the next start; without this it would run on beside it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def now() -> str:
    """Tell the time, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _load(settings: Settings, version: str) -> Predictor:
    folder: Path = find_version(settings.model_root, settings.model_name, version)
    key = read_public_key(settings.model_public_key) if settings.model_public_key else None
    return predictor_of(
        read_artefact(folder, public_key=key),
        unknown_fields=settings.unknown_fields,
        max_rows=_MOST_ROWS_OF_A_BLOCK,
    )
