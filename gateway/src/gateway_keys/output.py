"""What the commands print: a table for people, one JSON document for programs."""

import json
from collections.abc import Iterable, Sequence
from typing import TextIO

from gateway_keys.durations import as_utc
from gateway_keys.record import KeyRecord

_HEADINGS = ("ID", "NAME", "OWNER", "PLAN", "STATUS", "NOT AFTER", "SCOPES")


def print_json(document: object, stream: TextIO) -> None:
    """Print one JSON document and a line end."""
    stream.write(json.dumps(document, indent=2) + "\n")


def print_keys(records: Iterable[KeyRecord], now: int, stream: TextIO) -> None:
    """Print one line per key under a heading, columns aligned."""
    rows: list[Sequence[str]] = [_HEADINGS, *(_cells(record, now) for record in records)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        stream.write("  ".join(cells).rstrip() + "\n")


def print_fields(fields: dict[str, object], stream: TextIO) -> None:
    """Print one `name: value` line per field; times become readable."""
    for name, value in fields.items():
        shown = as_utc(value) if name in _TIMES and isinstance(value, int) else value
        stream.write(f"{name}: {' '.join(shown) if isinstance(shown, list) else shown}\n")


_TIMES = frozenset({"created_at", "not_before", "not_after", "at"})


def effective_status(record: KeyRecord, now: int) -> str:
    """Return the status, or "expired" for an active key whose time is over."""
    if record.status == "active" and 0 < record.not_after <= now:
        return "expired"
    return record.status


def _cells(record: KeyRecord, now: int) -> tuple[str, ...]:
    return (
        record.id,
        record.name,
        record.owner,
        record.plan,
        effective_status(record, now),
        as_utc(record.not_after),
        " ".join(record.scopes),
    )
