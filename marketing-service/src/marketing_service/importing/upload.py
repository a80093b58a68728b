"""The web process's side of an import: take the file, look at its header, leave a job."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from sqlalchemy import Connection

from marketing_service.importing.columns import find_columns
from marketing_service.importing.csv_source import read_header
from marketing_service.importing.spool import Received, Spool
from marketing_service.store import audit, imports, jobs, live_schema
from marketing_service.store.engine import Database
from marketing_service.store.imports import ImportRun

IMPORT_JOB: Final = "import"
LONGEST_FILENAME: Final = 200


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What the uploader says about a file; see `parse_mapping` for the mapping."""

    filename: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)


def accept_upload(
    database: Database,
    spool: Spool,
    body: BinaryIO,
    upload: Upload,
    *,
    now_ms: int,
    actor: str,
) -> ImportRun:
    """Spool a CSV file and leave a job for the worker.

    Returns:
        The new import; or, when the last import was of this very file, that one.

    Raises:
        ImportFileError: no CSV file, or the known schema misses columns in its header.
        SpoolFullError: there is no room for it.
    """
    received = spool.receive(body)
    try:
        _check_header(database, received, upload)
        with database.write() as conn:
            same = _same(conn, received, upload)
            return same or _register(conn, spool, received, upload, now_ms=now_ms, actor=actor)
    finally:
        spool.discard(received)


def _check_header(database: Database, received: Received, upload: Upload) -> None:
    header = read_header(received.path)
    with database.read() as conn:
        live = live_schema.get(conn)
    if live is not None:
        find_columns(live.schema, header, upload.mapping)


def _same(conn: Connection, received: Received, upload: Upload) -> ImportRun | None:
    live = live_schema.get(conn)
    return imports.find_same(
        conn,
        sha256=received.sha256,
        mapping=upload.mapping,
        schema_digest=live.digest if live else None,
    )


def _register(
    conn: Connection,
    spool: Spool,
    received: Received,
    upload: Upload,
    *,
    now_ms: int,
    actor: str,
) -> ImportRun:
    # Ids ascend with time, so that pages of imports can go by them.
    import_id = f"{now_ms:012x}{secrets.token_hex(4)}"
    run = imports.create(
        conn,
        import_id,
        sha256=received.sha256,
        filename=upload.filename[:LONGEST_FILENAME],
        mapping=upload.mapping,
        now_ms=now_ms,
    )
    jobs.enqueue(conn, IMPORT_JOB, {"import_id": import_id, "actor": actor}, now_ms=now_ms)
    audit.append(
        conn,
        actor=actor,
        action="import.create",
        object=f"import/{import_id}",
        diff={"sha256": received.sha256},
        now_ms=now_ms,
    )
    # Before the commit: the worker may look for the file at once.
    spool.keep(received, import_id)
    return run
