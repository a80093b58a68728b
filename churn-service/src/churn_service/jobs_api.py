"""Routes of bulk jobs: send a file, follow it, fetch the result, stop it."""

import msgspec
from flask import Flask, Response, request, send_file

from churn_contract.headers import IDEMPOTENCY_KEY, KEY_OWNER, MODEL_VERSION, RETRY_AFTER
from churn_contract.json_text import parse_json
from churn_service.current_model import CurrentModel
from churn_service.envelopes.form import wants_lenient
from churn_service.errors import (
    REFUSALS,
    JobsOffError,
    LengthRequiredError,
    TooManyJobsError,
    UnreadableBodyError,
    UnsupportedBodyError,
    refusal_of,
)
from churn_service.jobs.intake import Wanted
from churn_service.jobs.job import Job
from churn_service.jobs.service import JobService
from service_kit.bodies import limit_body

JSON = "application/json"
_LONGEST_KEY = 200


class FileOrder(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON body that names a file of the data folder instead of sending one.

    Attributes:
        path: Of the file, inside the data folder.
        content_type: Of the file.
        gzip: Whether it is compressed; None: when its name ends with .gz.
    """

    path: str
    content_type: str = "text/csv"
    gzip: bool | None = None


class JobRoutes:
    """Take, show and end jobs.

    Args:
        current: Gives the version that a job will use.
        service: The jobs; None where they are switched off.
    """

    def __init__(self, current: CurrentModel, service: JobService | None) -> None:
        self._current = current
        self._service = service

    def create(self) -> Response:
        """Take a file, or the name of one; the answer comes before it is scored."""
        service, version = self._on(), self._current.take_wanted().version
        if request.mimetype == JSON:
            order = _file_order()
            is_gzip = order.path.endswith(".gz") if order.gzip is None else order.gzip
            wanted = _wanted(version, order.content_type, is_gzip=is_gzip)
            job, is_new = service.intake.mounted(wanted, order.path)
        else:
            job, is_new = _uploaded(service, version)
        service.runner.wake()
        response = _json(job.facts(), 202 if is_new else 200)
        response.headers["Location"] = f"/jobs/{job.order.id}"
        return response

    def all(self) -> Response:
        """List the caller's jobs, the newest first."""
        jobs = self._on().intake.jobs_of(_owner())
        return _json({"jobs": [job.facts() for job in jobs]})

    def show(self, job: str) -> Response:
        """Show one job."""
        return _json(self._find(job).facts())

    def result(self, job: str) -> Response:
        """Send the result of a job that is done; parts of it on demand (Range)."""
        found = self._find(job)
        # Flask takes a relative path from its own package, not from the working folder.
        path = self._on().intake.result_of(found).absolute()
        kind, name = found.order.answer_type, found.order.id
        response = send_file(path, mimetype=kind, conditional=True, etag=name, max_age=0)
        response.headers[MODEL_VERSION] = found.order.model_version
        return response

    def end(self, job: str) -> Response:
        """Stop a job that has not ended, or remove one that has."""
        left = self._on().intake.end(self._find(job))
        return Response(status=204) if left is None else _json(left.facts(), 202)

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/jobs", "create_job", self.create, methods=["POST"])
        app.add_url_rule("/jobs", "jobs", self.all)
        app.add_url_rule("/jobs/<job>", "job", self.show)
        app.add_url_rule("/jobs/<job>", "end_job", self.end, methods=["DELETE"])
        app.add_url_rule("/jobs/<job>/result", "job_result", self.result)

    def _on(self) -> JobService:
        if self._service is None:
            raise JobsOffError("Set CHURN_JOBS_FOLDER to a folder that survives restarts.")
        return self._service

    def _find(self, job_id: str) -> Job:
        return self._on().intake.find(job_id, _owner())


def _uploaded(service: JobService, version: str) -> tuple[Job, bool]:
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise LengthRequiredError("Send the file with Content-Length, not in chunks.")
    if not service.uploads.acquire(blocking=False):
        raise TooManyJobsError("Other uploads are under way.", headers={RETRY_AFTER: "1"})
    try:
        limit_body(service.max_upload_bytes)
        wanted = _wanted(version, request.content_type or "", is_gzip=_is_gzip())
        return service.intake.upload(wanted, request.stream, request.content_length)
    finally:
        service.uploads.release()


def _wanted(version: str, content_type: str, *, is_gzip: bool) -> Wanted:
    accept = [name for name, _ in request.accept_mimetypes if "*" not in name]
    return Wanted(
        owner=_owner(),
        key=request.headers.get(IDEMPOTENCY_KEY, "")[:_LONGEST_KEY],
        model_version=version,
        content_type=content_type,
        is_gzip=is_gzip,
        answer_type=accept[0] if accept else "",
        is_lenient=wants_lenient(request),
    )


def _owner() -> str:
    return request.headers.get(KEY_OWNER, "")


def _is_gzip() -> bool:
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise UnsupportedBodyError("Send the file as it is or with Content-Encoding: gzip.")
    return coding.endswith("gzip")


def _file_order() -> FileOrder:
    try:
        document = parse_json(request.get_data(cache=False))
    except REFUSALS as error:
        raise refusal_of(error) from error
    try:
        return msgspec.convert(document, FileOrder)
    except msgspec.ValidationError as error:
        raise UnreadableBodyError(f"{error}.") from error


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, content_type=JSON)
