"""How answers are written: JSON, CSV in pieces, and times for people and programs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec
from flask import Response

from marketing_service.importing.rejects import harmless


def json_answer(value: object, status: int = 200, **headers: str) -> Response:
    """Answer with JSON; `headers` are spelled with underscores for dashes."""
    response = Response(msgspec.json.encode(value), status, content_type="application/json")
    response.headers.update({name.replace("_", "-"): text for name, text in headers.items()})
    return response


def csv_answer(lines: Iterable[str], filename: str) -> Response:
    """Answer with a CSV file that is written while it is sent."""
    response = Response(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def csv_lines(header: Sequence[str], pages: Iterable[Iterable[Sequence[object]]]) -> Iterator[str]:
    """Write pages of rows as CSV text, the header first; safe to open in a spreadsheet."""
    yield _csv_text([header])
    for page in pages:
        yield _csv_text(page)


def rfc3339(milliseconds: int | None) -> str | None:
    """Write an instant of the store for people and programs."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _csv_text(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue()
