"""The process of one job: read, score, write, and say how it went."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import msgspec

from churn_service.artefact.errors import ArtefactError
from churn_service.column_envelopes import ARROW_STREAM, PARQUET, column_envelopes
from churn_service.envelopes.csv import CsvEnvelope
from churn_service.envelopes.form import Envelope
from churn_service.envelopes.ndjson import NdjsonEnvelope
from churn_service.jobs.job import Job, Order, Progress
from churn_service.jobs.store import JobStore
from churn_service.jobs.stream import CancelledError, Counts, Scorer, parameters_of
from churn_service.long_answers import long_answer
from churn_service.predictor import Predictor
from service_kit.problems import ServiceError

INPUT, RESULT, PART = "input", "result", "result.part"
MOST_ATTEMPTS = 3
FORMS: tuple[Envelope, ...] = (CsvEnvelope(), NdjsonEnvelope())
FORM_OF = {name: form for form in FORMS for name in form.media_types}
RESULT_FORM_OF = {"text/csv": "csv", ARROW_STREAM: "arrow", PARQUET: "parquet"} | dict.fromkeys(
    NdjsonEnvelope.media_types, "jsonl"
)
_EXTRA_OF = {ARROW_STREAM: "numpy", PARQUET: "pyarrow"}

Load = Callable[[str], Predictor]


@dataclass(frozen=True)
class Worker:
    """Does jobs of a store.

    Attributes:
        store: Where the jobs are.
        load: Gives the predictor of a version; ArtefactError when it must not be served.
        now: Tells the time, RFC 3339 in UTC.
    """

    store: JobStore
    load: Load
    now: Callable[[], str]

    def work(self, job_id: str) -> bool:
        """Do a job from its beginning; False when another process does it already.

        The result replaces what an earlier attempt left; it appears when it is whole.
        """
        with self.store.worked_on(job_id) as is_ours:
            job = self.store.find(job_id)
            if not is_ours or job is None:
                return False
            if not job.progress.has_ended:
                self._attempt(job)
            return True

    def _attempt(self, job: Job) -> None:
        attempts = job.progress.attempts + 1
        begun = Progress(state="running", attempts=attempts, started=self.now())
        if attempts > MOST_ATTEMPTS:
            detail = f"Its process ended {MOST_ATTEMPTS} times before the file was done."
            self._end(job.order, begun, "failed", detail)
            return
        self.store.save(job.order.id, begun)
        try:
            self._score(job.order, begun)
        except CancelledError:
            self._end(job.order, self._latest(job), "cancelled")
        except ServiceError as error:
            failed = msgspec.structs.replace(self._latest(job), errors=error.errors)
            self._end(job.order, failed, "failed", error.detail or error.title)
        except ArtefactError as error:
            self._end(job.order, self._latest(job), "failed", f"{error}.")
        except OSError as error:
            self._end(job.order, self._latest(job), "failed", f"{error.strerror or error}.")

    def _score(self, order: Order, begun: Progress) -> None:
        place = self.store.place(order.id)
        scorer = scorer_of(order, self.load(order.model_version))

        def watch(counts: Counts) -> None:
            self.store.save(order.id, _with_counts(begun, counts))
            if self.store.is_cancelled(order.id):
                raise CancelledError

        watch(Counts(0, 0, 0))
        source = Path(order.path) if order.path else place / INPUT
        with source.open("rb") as read, (place / PART).open("wb") as written:
            counts = scorer.run(read, written, watch, is_gzip=order.is_gzip)
            written.flush()
            os.fsync(written.fileno())
        watch(counts)
        (place / PART).replace(place / RESULT)
        size = (place / RESULT).stat().st_size
        done = msgspec.structs.replace(_with_counts(begun, counts), result_bytes=size)
        self._end(order, done, "done")

    def _latest(self, job: Job) -> Progress:
        found = self.store.find(job.order.id)
        return found.progress if found else job.progress

    def _end(self, order: Order, progress: Progress, state: str, detail: str = "") -> None:
        place = self.store.place(order.id)
        (place / PART).unlink(missing_ok=True)  # first: the disk may be full
        ended = msgspec.structs.replace(progress, state=state, ended=self.now(), detail=detail)
        self.store.save(order.id, ended)
        (place / INPUT).unlink(missing_ok=True)  # last: until then a new attempt needs it


def scorer_of(order: Order, predictor: Predictor) -> Scorer:
    """Return what scores the file of an order."""
    name, parameters = parameters_of(order.content_type)
    columns = {kind: form for form in column_envelopes() for kind in form.media_types}
    reader = (FORM_OF | columns)[name]
    answer = long_answer(RESULT_FORM_OF[order.answer_type], predictor)
    return Scorer(predictor, reader, answer, parameters, order.is_lenient)


def file_types() -> list[str]:
    """Return the media types of files that can be read here; columns need extras."""
    return [*FORM_OF, *([ARROW_STREAM] if find_spec(_EXTRA_OF[ARROW_STREAM]) else [])]


def result_types() -> list[str]:
    """Return the media types of results that can be made here; columns need extras."""
    return [*FORM_OF, *(kind for kind, extra in _EXTRA_OF.items() if find_spec(extra))]


def first_name(kind: str) -> str:
    """Return the first of the media types that mean the same form."""
    return FORM_OF[kind].media_types[0] if kind in FORM_OF else kind


def _with_counts(progress: Progress, counts: Counts) -> Progress:
    return msgspec.structs.replace(
        progress, read_bytes=counts.read_bytes, rows=counts.rows, bad_rows=counts.bad_rows
    )
