"""The refused rows as a CSV file that a spreadsheet can open without harm."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final, TextIO

from marketing_service.store import imports
from marketing_service.store.engine import Database

HEADER: Final = ("line", "field", "code", "reason", "raw")
_FORMULA_STARTS: Final = tuple("=+-@\t\r\n")


def iter_rejects(database: Database, import_id: str) -> Iterator[str]:
    """Yield the CSV in pieces, header first; every page is its own short read.

    Raises:
        UnknownImportError: there is no such import; at the first piece.
    """
    with database.read() as conn:
        imports.get(conn, import_id)
    yield _text([HEADER])
    last = 0
    while True:
        with database.read() as conn:
            found = imports.rejects_page(conn, import_id, after_row=last)
        if not found:
            return
        yield _text([(item.row_no, item.field, item.code, item.reason, item.raw) for item in found])
        last = found[-1].row_no


def write_rejects(database: Database, import_id: str, out: TextIO) -> None:
    """Write the CSV to a text file.

    Raises:
        UnknownImportError: there is no such import.
    """
    out.writelines(iter_rejects(database, import_id))


def harmless(cell: object) -> object:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    is_formula = isinstance(cell, str) and cell.startswith(_FORMULA_STARTS)
    return f"'{cell}" if is_formula else cell


def _text(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue()
