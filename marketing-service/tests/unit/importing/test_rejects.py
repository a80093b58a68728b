import csv
import io

import pytest

from marketing_service.errors import UnknownImportError
from marketing_service.importing.rejects import harmless, iter_rejects, write_rejects
from marketing_service.store import imports
from marketing_service.store.engine import Database
from marketing_service.store.imports import Reject


def _store(database: Database, rejects: list[Reject]) -> None:
    with database.write() as conn:
        imports.create(conn, "i1", sha256="s", filename="f", mapping={}, now_ms=1)
        imports.finish_chunk(conn, "i1", chunks_done=1, counts={}, rejects=rejects)


def _rows(database: Database) -> list[list[str]]:
    out = io.StringIO(newline="")
    write_rejects(database, "i1", out)
    return list(csv.reader(io.StringIO(out.getvalue(), newline="")))


def test_an_import_without_rejects_gives_the_header_only(database: Database) -> None:
    _store(database, [])

    assert _rows(database) == [["line", "field", "code", "reason", "raw"]]


def test_rejects_of_many_pages_come_whole_and_in_order(database: Database) -> None:
    rejects = [
        Reject(row, position, "f", "missing", "must have a value", f'"a",{row}')
        for row in range(2, 1_202)
        for position in range(2)
    ]
    _store(database, rejects)

    rows = _rows(database)

    assert len(rows) == 2_401
    assert rows[1] == ["2", "f", "missing", "must have a value", '"a",2']
    assert rows[-1][0] == "1201"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(
    sqlite_database: Database, start: str
) -> None:
    raw = f"{start}HYPERLINK(1),x"
    _store(sqlite_database, [Reject(2, 0, "f", "missing", "why", raw)])

    assert _rows(sqlite_database)[1][4] == f"'{raw}"


def test_harmless_text_and_numbers_stay_as_they_are() -> None:
    assert [harmless(cell) for cell in ("a=1", "", 7)] == ["a=1", "", 7]


def test_an_unknown_import_is_told_before_any_text(sqlite_database: Database) -> None:
    with pytest.raises(UnknownImportError):
        next(iter_rejects(sqlite_database, "nope"))
