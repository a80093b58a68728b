"""Imports of customer files: how far each has come, and the rows it refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, select

from marketing_service.errors import UnknownImportError
from marketing_service.store.dialect import bulk_load
from marketing_service.store.tables import import_rejects, imports
from marketing_service.store.words import IMPORT_STATES


@dataclass(frozen=True, kw_only=True)
class ImportRun:
    """One uploaded file and what became of it.

    Attributes:
        mapping: Columns of the file by name -> our names; what the header tells stays out.
        counts: Rows by what became of them: `read` is the sum of new, changed, unchanged,
            rejected and duplicate. A row with the id of a later row counts as duplicate
            when both are in one chunk; else the later one counts as changed. Beside the
            sum stands `no_address`: those of the good rows that have no mail address.
        chunks_done: Chunks of the file that are stored; a resumed import skips them.
        schema_digest: Schema the rows were checked against; None before the first chunk.
        notes: Sentences on what was noticed about the file, known once it is done.
    """

    id: str
    sha256: str
    filename: str
    state: str
    mapping: dict[str, str]
    counts: dict[str, int]
    chunks_done: int
    schema_digest: str | None
    error: str | None
    created_at: int
    finished_at: int | None
    notes: list[str]

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.finished_at is not None


class Reject(NamedTuple):
    """One bad field of one refused row; `raw` is the row's line in the file."""

    row_no: int
    position: int
    field: str
    code: str
    reason: str
    raw: str


NO_COUNTS: Final = {
    "read": 0, "new": 0, "changed": 0, "unchanged": 0, "rejected": 0, "duplicate": 0,
    "no_address": 0,
}  # fmt: skip


def create(
    conn: Connection,
    import_id: str,
    *,
    sha256: str,
    filename: str,
    mapping: Mapping[str, str],
    now_ms: int,
) -> ImportRun:
    """Register an uploaded file that waits for the worker."""
    statement = imports.insert().values(
        id=import_id,
        sha256=sha256,
        filename=filename,
        state=IMPORT_STATES.code("queued"),
        mapping=mapping,
        counts=NO_COUNTS,
        chunks_done=0,
        created_at=now_ms,
    )
    return _import(conn.execute(statement.returning(imports)).one())


def get(conn: Connection, import_id: str) -> ImportRun:
    """Return one import.

    Raises:
        UnknownImportError: there is none of that id.
    """
    row = conn.execute(select(imports).where(imports.c.id == import_id)).one_or_none()
    if row is None:
        raise UnknownImportError(f"There is no import {import_id}.")
    return _import(row)


def page(conn: Connection, *, before: str | None = None, limit: int = 50) -> list[ImportRun]:
    """Return imports, newest first, older than the one of id `before`; ids ascend."""
    query = select(imports).order_by(imports.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(imports.c.id < before)
    return [_import(row) for row in conn.execute(query)]


def find_same(
    conn: Connection, *, sha256: str, mapping: Mapping[str, str], schema_digest: str | None
) -> ImportRun | None:
    """Return the newest import when it was of this very file; importing again is idle then.

    An older import of the same file does not count: another file has been imported since,
    and whoever sends the first one again wants its values back. Nor does one that failed,
    or that was checked against another schema.
    """
    failed = IMPORT_STATES.code("failed")
    query = select(imports).where(imports.c.state != failed).order_by(imports.c.id.desc())
    row = conn.execute(query.limit(1)).one_or_none()
    if row is None or (row.sha256, row.mapping) != (sha256, dict(mapping)):
        return None
    # Before the first chunk, or before the first schema, there is nothing to differ.
    is_same_schema = (
        None in {schema_digest, row.schema_digest} or schema_digest == row.schema_digest
    )
    return _import(row) if is_same_schema else None


def restart(conn: Connection, import_id: str, *, schema_digest: str) -> None:
    """Begin an import at its first row, checked against this schema."""
    conn.execute(import_rejects.delete().where(import_rejects.c.import_id == import_id))
    _set(
        conn,
        import_id,
        state=IMPORT_STATES.code("running"),
        schema_digest=schema_digest,
        chunks_done=0,
        counts=NO_COUNTS,
    )


def finish_chunk(
    conn: Connection,
    import_id: str,
    *,
    chunks_done: int,
    counts: Mapping[str, int],
    rejects: Sequence[Reject],
) -> None:
    """Note that a chunk is stored, in the transaction that stores it.

    Args:
        conn: A writing connection.
        import_id: The import.
        chunks_done: Chunks stored so far, this one included.
        counts: Totals so far, this chunk included.
        rejects: What was refused in this chunk.
    """
    rows = ((import_id, *reject) for reject in rejects)
    bulk_load(conn, import_rejects, ("import_id", *Reject._fields), rows)
    _set(conn, import_id, chunks_done=chunks_done, counts=dict(counts))


def finish(conn: Connection, import_id: str, *, now_ms: int, notes: Sequence[str] = ()) -> None:
    """Close an import whose every chunk is stored, with notes for people."""
    done = IMPORT_STATES.code("done")
    _set(conn, import_id, state=done, finished_at=now_ms, notes=list(notes))


def fail(conn: Connection, import_id: str, error: str, *, now_ms: int) -> None:
    """Close an import that cannot go on, with the cause and the cure for people."""
    _set(conn, import_id, state=IMPORT_STATES.code("failed"), error=error, finished_at=now_ms)


def rejects_page(
    conn: Connection, import_id: str, *, after_row: int = 0, limit: int = 1_000
) -> list[Reject]:
    """Return what was refused behind a row of the file, in its order.

    At least `limit` entries where there are that many; the last row is never cut, so that
    its number can be the next `after_row`.
    """
    chosen = import_rejects.c.import_id == import_id
    columns = [import_rejects.c[name] for name in Reject._fields]
    ordered = select(*columns).order_by(import_rejects.c.row_no, import_rejects.c.position)
    query = ordered.where(chosen, import_rejects.c.row_no > after_row).limit(limit)
    found = [Reject(*row) for row in conn.execute(query)]
    if len(found) == limit:
        last = found[-1]
        same_row = import_rejects.c.row_no == last.row_no
        rest = ordered.where(chosen, same_row, import_rejects.c.position > last.position)
        found += [Reject(*row) for row in conn.execute(rest)]
    return found


def _set(conn: Connection, import_id: str, **values: Any) -> None:
    conn.execute(imports.update().where(imports.c.id == import_id).values(values))


def _import(row: Row[Any]) -> ImportRun:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    values["notes"] = row.notes or []
    values["state"] = IMPORT_STATES.word(row.state)
    return ImportRun(**values)
