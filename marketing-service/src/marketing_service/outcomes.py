"""Outcomes at the door: JSON, NDJSON or CSV in, checked facts about known customers stored."""

import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, get_args

from sqlalchemy import Connection

from churn_contract.errors import MalformedBodyError
from churn_contract.json_text import parse_json
from churn_contract.outcome import Outcome, OutcomeKind
from churn_contract.problem import FieldError
from churn_contract.schema import canonical_name
from marketing_service.errors import (
    ImportFileError,
    InvalidOutcomesError,
    MalformedOutcomesError,
    MediaTypeError,
)
from marketing_service.importing.csv_source import read_csv
from marketing_service.store import audit, campaigns, customers, outcomes
from marketing_service.store.engine import Database
from marketing_service.store.outcomes import OutcomeRow, Recorded

MOST_ERRORS_KEPT: Final = 100
LONGEST_ID: Final = 200
ROWS_PER_WRITE: Final = 2_000
"""So few that the database is not locked for longer than 200 ms at a time."""

_KINDS: Final = get_args(OutcomeKind)
_NEEDED: Final = ("customer_id", "kind", "occurred_at", "source_id")
_KNOWN: Final = frozenset(Outcome.__struct_fields__)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LAST_MS: Final = 253_402_300_799_999
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)

Record = Mapping[str, Any]
Finding = tuple[str, str, str]


def read_outcomes(body: bytes, content_type: str) -> list[Outcome]:
    """Read a body by its content type: application/json, application/x-ndjson or text/csv.

    Raises:
        MediaTypeError: another content type.
        MalformedOutcomesError: the body is not of that type.
        InvalidOutcomesError: outcomes break rules; at most 100 errors are named.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    try:
        read = _READERS[media_type]
    except KeyError:
        allowed = ", ".join(sorted(_READERS))
        raise MediaTypeError(f"Send outcomes as one of {allowed}.") from None
    return _checked(read(body))


def record_outcomes(
    database: Database, found: Sequence[Outcome], *, now_ms: int, actor: str
) -> Recorded:
    """Store outcomes; the same ones again change nothing, corrections replace.

    Raises:
        InvalidOutcomesError: a customer or campaign is unknown; nothing was stored.
    """
    with database.read() as conn:
        rows = _rows(conn, found)
    totals = Recorded(0, 0, 0)
    for start in range(0, len(rows), ROWS_PER_WRITE):
        with database.write() as conn:
            done = outcomes.record(conn, rows[start : start + ROWS_PER_WRITE], reported_at=now_ms)
            _audit(conn, done, actor=actor, now_ms=now_ms)
        totals = Recorded(*map(sum, zip(totals, done, strict=True)))
    return totals


def instant_ms(text: str) -> int:
    """Return an RFC 3339 instant in milliseconds since 1970.

    Raises:
        ValueError: another form, no time zone, or no such day.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError("no RFC 3339 instant")
    try:
        moment = datetime.fromisoformat(_shortened(text)).astimezone(UTC)
    except OverflowError:
        raise ValueError("outside of the years 1 to 9999 in UTC") from None
    # Rounded up, the last instant of all would be in a year that cannot be written.
    return min(round(moment.timestamp() * 1_000), _LAST_MS)


def _shortened(text: str) -> str:
    # Python reads at most six decimals of a second; the rest is below our resolution.
    return re.sub(r"(\.\d{6})\d+", r"\1", text).upper()


def _rows(conn: Connection, found: Sequence[Outcome]) -> list[OutcomeRow]:
    ids = customers.ids_of(conn, sorted({outcome.customer_id for outcome in found}))
    slugs = {outcome.campaign for outcome in found if outcome.campaign is not None}
    numbers = campaigns.ids_of(conn, sorted(slugs))
    errors = list(_strangers(found, ids, numbers))
    if errors:
        raise _invalid(errors)
    # Of several reports of one fact in one body the last is the newest.
    rows = {
        outcome.source_id: OutcomeRow(
            source_id=outcome.source_id,
            customer_id=ids[outcome.customer_id],
            kind=outcome.kind,
            value=outcome.value,
            occurred_at=instant_ms(outcome.occurred_at),
            campaign_id=None if outcome.campaign is None else numbers[outcome.campaign],
        )
        for outcome in found
    }
    return list(rows.values())


def _strangers(
    found: Sequence[Outcome], ids: Mapping[str, int], numbers: Mapping[str, int]
) -> Iterator[FieldError]:
    for place, outcome in enumerate(found):
        if outcome.customer_id not in ids:
            yield _error(place, ("customer_id", "unknown-level", "no customer has this id"))
        if outcome.campaign is not None and outcome.campaign not in numbers:
            yield _error(place, ("campaign", "unknown-level", "no campaign has this name"))


def _audit(conn: Connection, done: Recorded, *, actor: str, now_ms: int) -> None:
    if done.new or done.corrected:
        audit.append(
            conn,
            actor=actor,
            action="outcomes.record",
            object="outcomes",
            diff=done._asdict(),
            now_ms=now_ms,
        )


def _json_records(body: bytes) -> list[Any]:
    found = _decode(body, "The body")
    if not isinstance(found, list):
        raise MalformedOutcomesError("The body must be an array of outcomes, [...].")
    return found


def _ndjson_records(body: bytes) -> list[Any]:
    lines = enumerate(body.splitlines(), start=1)
    return [_decode(line, f"Line {number}") for number, line in lines if line.strip()]


def _csv_records(body: bytes) -> list[Any]:
    try:
        source = read_csv(io.StringIO(body.decode("utf-8-sig"), newline=""))
        names = [canonical_name(cell) for cell in source.header]
        return [row.problem or _csv_record(names, row.cells) for row in source.rows]
    except UnicodeDecodeError as error:
        raise MalformedOutcomesError(f"The body is not UTF-8 (byte {error.start}).") from None
    except ImportFileError as error:
        raise MalformedOutcomesError(error.detail) from None


def _csv_record(names: Sequence[str], cells: Sequence[str]) -> Any:
    if len(names) != len(cells):
        return f"has {len(cells)} cells where the header has {len(names)}"
    pairs = zip(names, map(str.strip, cells), strict=True)
    return {name: _typed(name, cell) for name, cell in pairs if cell}


def _typed(name: str, cell: str) -> float | str:
    if name != "value":
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell


_READERS: Final[Mapping[str, Callable[[bytes], list[Any]]]] = {
    "application/json": _json_records,
    "application/x-ndjson": _ndjson_records,
    "text/csv": _csv_records,
}


def _decode(text: bytes, what: str) -> Any:
    try:
        return parse_json(text)
    except MalformedBodyError as error:
        raise MalformedOutcomesError(f"{what} is not JSON: {error}.") from None


def _checked(records: Sequence[Any]) -> list[Outcome]:
    errors = [
        _error(place, finding)
        for place, record in enumerate(records)
        for finding in _findings(record)
    ]
    if errors:
        raise _invalid(errors)
    return [Outcome(**record) for record in records]


def _findings(record: Any) -> Iterator[Finding]:
    if isinstance(record, str):
        yield "", "wrong-shape", record
    elif not isinstance(record, dict):
        yield "", "wrong-shape", "must be an object"
    else:
        yield from _field_findings(record)
        yield from _kind_findings(record.get("kind"))
        yield from _value_findings(record.get("kind"), record.get("value"))
        yield from _time_findings(record.get("occurred_at"))


def _field_findings(record: Record) -> Iterator[Finding]:
    for name in record.keys() - _KNOWN:
        yield name[:64], "unknown-field", f"is no field; known are {', '.join(sorted(_KNOWN))}"
    for name in _NEEDED:
        yield from _text_findings(name, record.get(name))
    if record.get("campaign") is not None:
        yield from _text_findings("campaign", record["campaign"])


def _text_findings(name: str, value: object) -> Iterator[Finding]:
    if value is None or value == "":
        yield name, "missing", "must have a value"
    elif not isinstance(value, str):
        yield name, "wrong-type", "must be a string"
    elif len(value) > LONGEST_ID:
        yield name, "out-of-range", f"must have at most {LONGEST_ID} characters"
    elif _CONTROL.search(value):
        yield name, "wrong-type", "must not hold control characters"


def _kind_findings(kind: object) -> Iterator[Finding]:
    if isinstance(kind, str) and kind and kind not in _KINDS:
        yield "kind", "unknown-level", f"must be one of {', '.join(_KINDS)}"


def _value_findings(kind: object, value: object) -> Iterator[Finding]:
    if value is None:
        if kind == "revenue":
            yield "value", "missing", "must be the amount of money"
    elif isinstance(value, bool) or not isinstance(value, int | float):
        yield "value", "wrong-type", "must be a number"
    elif not math.isfinite(value):
        yield "value", "out-of-range", "must be a finite number"


def _time_findings(value: object) -> Iterator[Finding]:
    if isinstance(value, str) and value:
        try:
            instant_ms(value)
        except ValueError:
            detail = "must be an instant with its time zone, like 2027-03-01T09:30:00Z"
            yield "occurred_at", "wrong-type", detail


def _error(place: int, finding: Finding) -> FieldError:
    field, code, detail = finding
    pointer = f"/{place}/{field}" if field else f"/{place}"
    return FieldError(pointer=pointer, field=field, code=code, detail=detail)


def _invalid(errors: Sequence[FieldError]) -> InvalidOutcomesError:
    more = f", of which {MOST_ERRORS_KEPT} are named" if len(errors) > MOST_ERRORS_KEPT else ""
    return InvalidOutcomesError(
        f"{len(errors)} fields are wrong{more}; nothing was stored.",
        errors=errors[:MOST_ERRORS_KEPT],
    )
