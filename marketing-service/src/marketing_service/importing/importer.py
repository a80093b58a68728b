"""The worker's side of an import: chunk by chunk, each in one transaction, resumable."""

from collections.abc import Callable
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from marketing_service.errors import ImportFileError, UnknownImportError
from marketing_service.importing.columns import find_columns
from marketing_service.importing.csv_source import CsvSource, open_csv
from marketing_service.importing.notes import notes_on
from marketing_service.importing.rows import CheckedChunk, RowChecker
from marketing_service.importing.spool import Spool
from marketing_service.store import audit, customers, dialect, imports, jobs, live_schema
from marketing_service.store.engine import Database
from marketing_service.store.imports import ImportRun
from marketing_service.store.jobs import Job
from marketing_service.store.live_schema import LiveSchema
from marketing_service.store.tables import customers as customer_table

CHUNK_ROWS: Final = 10_000
WAIT_FOR_SCHEMA_MS: Final = 2_000


class Importer:
    """Store the customers of spooled files.

    Args:
        database: Where customers, rejects and the progress are kept.
        spool: Where the web process has put the file.
        clock: Milliseconds since 1970.
        address_key: Secret for the hashes of addresses; without it there are none.
        lease_ms: How long a chunk may take before another worker may take the job.
        chunk_rows: Rows per transaction.
    """

    def __init__(
        self,
        database: Database,
        spool: Spool,
        *,
        clock: Callable[[], int],
        address_key: bytes | None = None,
        lease_ms: int = 60_000,
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        self._database = database
        self._spool = spool
        self._clock = clock
        self._address_key = address_key
        self._lease_ms = lease_ms
        self._chunk_rows = chunk_rows

    def run(self, job: Job) -> None:
        """Import the file of a claimed job from where the last worker stopped.

        The job ends done or failed, together with its import; without a known schema it
        goes back to the queue.

        Raises:
            LeaseLostError: another worker took the job over; nothing more was written.
        """
        self._spool.sweep(self._needs_its_file)
        with self._database.read() as conn:
            run = imports.get(conn, job.payload["import_id"])
            live = live_schema.get(conn)
        if live is None:
            self._wait_for_schema(job)
            return
        try:
            _refuse_hopeless(job)
            run = self._begin(job, run, live)
            self._import_file(job, run, live)
        except ImportFileError as error:
            self._fail(job, run, error.detail)
        self._spool.remove(run.id)

    def _import_file(self, job: Job, run: ImportRun, live: LiveSchema) -> None:
        with open_csv(self._spool.path(run.id)) as source:
            columns = find_columns(live.schema, source.header, run.mapping)
            checker = RowChecker(live.schema, columns, address_key=self._address_key)
            counts = self._import_rows(job, run, source, checker)
            notes = list(notes_on(columns, source.encoding, counts))
        self._finish(job, run.id, notes)

    def _import_rows(
        self, job: Job, run: ImportRun, source: CsvSource, checker: RowChecker
    ) -> dict[str, int]:
        # A release before this one may have begun, and did not count all of them.
        counts, chunks = imports.NO_COUNTS | run.counts, run.chunks_done
        # Skipped by rows, not by chunks: the next release may cut chunks of another size.
        rows = islice(source.rows, counts["read"], None)
        while chunk := list(islice(rows, self._chunk_rows)):
            chunks += 1
            counts = self._store(job, run.id, checker.check_all(chunk), counts, chunks)
        return counts

    def _store(
        self, job: Job, import_id: str, chunk: CheckedChunk, counts: dict[str, int], chunks: int
    ) -> dict[str, int]:
        with self._database.read() as conn:
            known = customers.row_hashes(conn, [record.external_id for record in chunk.records])
        differing = [item for item in chunk.records if known.get(item.external_id) != item.row_hash]
        new = sum(record.external_id not in known for record in differing)
        totals = _added(counts, chunk, new=new, changed=len(differing) - new)
        rows = customers.prepare(differing, now_ms=self._clock())
        with self._database.write() as conn:
            # First of all: a worker that lost the job must not store anything.
            self._note_progress(conn, job, totals)
            customers.upsert_prepared(conn, rows)
            imports.finish_chunk(
                conn, import_id, chunks_done=chunks, counts=totals, rejects=chunk.rejects
            )
        return totals

    def _note_progress(self, conn: Connection, job: Job, counts: dict[str, int]) -> None:
        jobs.save_progress(conn, job, counts)
        jobs.renew(conn, job, now_ms=dialect.now_ms(conn), lease_ms=self._lease_ms)

    def _begin(self, job: Job, run: ImportRun, live: LiveSchema) -> ImportRun:
        """Start at the first row, unless this schema has already checked some."""
        if run.schema_digest == live.digest:
            return run
        with self._database.write() as conn:
            self._note_progress(conn, job, imports.NO_COUNTS)
            imports.restart(conn, run.id, schema_digest=live.digest)
            return imports.get(conn, run.id)

    def _finish(self, job: Job, import_id: str, notes: list[str]) -> None:
        with self._database.write() as conn:
            now_ms = self._clock()
            jobs.finish(conn, job, now_ms=now_ms)
            imports.finish(conn, import_id, now_ms=now_ms, notes=notes)
            self._audit(conn, job, imports.get(conn, import_id))
            dialect.analyze(conn, customer_table)

    def _fail(self, job: Job, run: ImportRun, reason: str) -> None:
        with self._database.write() as conn:
            now_ms = self._clock()
            jobs.fail(conn, job, reason, now_ms=now_ms)
            imports.fail(conn, run.id, reason, now_ms=now_ms)
            self._audit(conn, job, imports.get(conn, run.id))

    def _audit(self, conn: Connection, job: Job, run: ImportRun) -> None:
        audit.append(
            conn,
            actor=job.payload["actor"],
            action=f"import.{run.state}",
            object=f"import/{run.id}",
            diff={"counts": run.counts},
            now_ms=self._clock(),
        )

    def _wait_for_schema(self, job: Job) -> None:
        with self._database.write() as conn:
            jobs.release(conn, job, not_before_ms=dialect.now_ms(conn) + WAIT_FOR_SCHEMA_MS)

    def _needs_its_file(self, import_id: str) -> bool:
        with self._database.read() as conn:
            try:
                return not imports.get(conn, import_id).is_finished
            except UnknownImportError:
                return False


def _refuse_hopeless(job: Job) -> None:
    if job.is_hopeless:
        raise ImportFileError(jobs.HOPELESS)


def _added(
    counts: dict[str, int], chunk: CheckedChunk, *, new: int, changed: int
) -> dict[str, int]:
    here = {
        "read": chunk.read,
        "new": new,
        "changed": changed,
        "unchanged": len(chunk.records) - new - changed,
        "rejected": chunk.rejected,
        "duplicate": chunk.duplicate,
        "no_address": sum(record.email is None for record in chunk.records),
    }
    return {name: counts[name] + here[name] for name in here}
