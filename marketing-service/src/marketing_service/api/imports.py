"""`/v1/imports`: upload a file of customers, see how far it came and what was refused."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from marketing_service.api.answers import csv_answer, json_answer, rfc3339
from marketing_service.api.questions import actor, row_limit
from marketing_service.importing.columns import parse_mapping
from marketing_service.importing.rejects import iter_rejects
from marketing_service.importing.spool import Spool
from marketing_service.importing.upload import Upload, accept_upload
from marketing_service.store import imports
from marketing_service.store.engine import Database
from marketing_service.store.imports import ImportRun
from service_kit.bodies import limit_body
from service_kit.problems import ServiceError

DRAIN_BYTES = 1 << 16


class ImportRoutes:
    """Translate HTTP to imports and back.

    Args:
        database: The store.
        spool: Folder that the worker reads.
        clock: Milliseconds UTC.
        max_bytes: Largest file.
    """

    def __init__(
        self, database: Database, spool: Spool, *, clock: Callable[[], int], max_bytes: int
    ) -> None:
        self._database = database
        self._spool = spool
        self._clock = clock
        self._max_bytes = max_bytes

    def blueprint(self) -> Blueprint:
        """Name the addresses."""
        routes = Blueprint("imports", __name__)
        routes.post("/v1/imports")(self.create)
        routes.get("/v1/imports")(self.page)
        routes.get("/v1/imports/<import_id>")(self.get)
        routes.get("/v1/imports/<import_id>/rejects")(self.rejects)
        return routes

    def create(self) -> Response:
        """Take a CSV file for the worker; the same file again is the earlier import."""
        limit_body(self._max_bytes)
        try:
            return self._accept()
        except (ServiceError, HTTPException):
            _drain(self._max_bytes)
            raise

    def _accept(self) -> Response:
        now_ms = self._clock()
        run = accept_upload(
            self._database,
            self._spool,
            cast("BinaryIO", request.stream),
            _upload(),
            now_ms=now_ms,
            actor=actor(),
        )
        status = 202 if run.created_at == now_ms else 200
        return json_answer(import_view(run), status, Location=f"/v1/imports/{run.id}")

    def page(self) -> Response:
        """List imports, newest first."""
        before = request.args.get("before")
        with self._database.read() as conn:
            found = imports.page(conn, before=before, limit=row_limit(50))
        return json_answer({"imports": [import_view(run) for run in found]})

    def get(self, import_id: str) -> Response:
        """Show one import."""
        with self._database.read() as conn:
            return json_answer(import_view(imports.get(conn, import_id)))

    def rejects(self, import_id: str) -> Response:
        """Give the refused rows as CSV."""
        with self._database.read() as conn:
            imports.get(conn, import_id)
        return csv_answer(iter_rejects(self._database, import_id), f"rejects-{import_id}.csv")


def import_view(run: ImportRun) -> dict[str, Any]:
    """Shape an import for callers."""
    return {
        "id": run.id,
        "filename": run.filename,
        "state": run.state,
        "mapping": run.mapping,
        "counts": run.counts,
        "notes": run.notes,
        "error": run.error,
        "created_at": rfc3339(run.created_at),
        "finished_at": rfc3339(run.finished_at),
    }


def _drain(most_bytes: int) -> None:
    """Read what is left of a refused body, up to a bound.

    A gateway that passes bodies on unbuffered still writes while we answer; when we close
    on it, its caller sees 502 and never learns why the file was refused.
    """
    stream = cast("BinaryIO", request.environ["wsgi.input"])
    with suppress(HTTPException, OSError):
        while most_bytes > 0 and (block := stream.read(min(most_bytes, DRAIN_BYTES))):
            most_bytes -= len(block)


def _upload() -> Upload:
    mapping = parse_mapping(request.args.getlist("map"))
    return Upload(filename=request.args.get("filename", ""), mapping=mapping)
