import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_contract.outcome import Outcome
from marketing_service.errors import (
    InvalidOutcomesError,
    MalformedOutcomesError,
    MediaTypeError,
)
from marketing_service.outcomes import instant_ms, read_outcomes, record_outcomes
from marketing_service.store import audit, campaigns, customers
from marketing_service.store.customers import CustomerRecord
from marketing_service.store.engine import Database

FACT = {
    "customer_id": "A-1",
    "kind": "churned",
    "occurred_at": "2027-03-01T09:30:00Z",
    "source_id": "crm-1",
}
OUTCOME = Outcome(**FACT)


def _json(*records: object) -> list[Outcome]:
    return read_outcomes(json.dumps(records).encode(), "application/json; charset=utf-8")


def _errors(*records: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidOutcomesError) as caught:
        _json(*records)
    return [(error.pointer, error.code) for error in caught.value.errors]


def test_the_three_forms_say_the_same() -> None:
    value = FACT | {"kind": "revenue", "value": 12.5, "campaign": "spring"}
    ndjson = json.dumps(FACT) + "\n\n" + json.dumps(value) + "\n"
    header = "customer_id;kind;occurred_at;source_id;value;campaign\n"
    rows = "A-1;churned;2027-03-01T09:30:00Z;crm-1;;\n"
    rows += "A-1;revenue;2027-03-01T09:30:00Z;crm-1;12.5;spring\n"

    expected = [OUTCOME, Outcome(**value)]

    assert _json(FACT, value) == expected
    assert read_outcomes(ndjson.encode(), "application/x-ndjson") == expected
    assert read_outcomes((header + rows).encode("utf-8-sig"), "Text/CSV") == expected


def test_no_outcomes_are_fine() -> None:
    assert _json() == []
    assert read_outcomes(b"", "application/x-ndjson") == []


def test_another_content_type_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(MediaTypeError, match=r"application/json, application/x-ndjson, text/csv"):
        read_outcomes(b"", "application/xml")


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"{", "application/json", "The body is not JSON"),
        (b"\xff", "application/json", "The body is not JSON"),
        (b"[" * 100_000, "application/json", "The body is not JSON"),
        (b"{}", "application/json", "must be an array"),
        (b"{}\n{", "application/x-ndjson", "Line 2 is not JSON"),
        (b"", "text/csv", "first line must hold the names"),
        (b"kind\n\xff", "text/csv", r"not UTF-8 \(byte 5\)"),
        (b'kind\n"x', "text/csv", "quote opens in line 2"),
    ],
)
def test_a_body_of_another_form_is_malformed(body: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(MalformedOutcomesError, match=reason):
        read_outcomes(body, content_type)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"customer_id": ""}, "/0/customer_id", "missing"),
        ({"customer_id": None}, "/0/customer_id", "missing"),
        ({"customer_id": 7}, "/0/customer_id", "wrong-type"),
        ({"source_id": "x" * 201}, "/0/source_id", "out-of-range"),
        ({"kind": "vanished"}, "/0/kind", "unknown-level"),
        ({"kind": 1}, "/0/kind", "wrong-type"),
        ({"kind": "revenue"}, "/0/value", "missing"),
        ({"value": "12"}, "/0/value", "wrong-type"),
        ({"value": True}, "/0/value", "wrong-type"),
        ({"occurred_at": "yesterday"}, "/0/occurred_at", "wrong-type"),
        ({"occurred_at": "2027-03-01T09:30:00"}, "/0/occurred_at", "wrong-type"),
        ({"occurred_at": "2027-03-01T09:30:001Z"}, "/0/occurred_at", "wrong-type"),
        ({"occurred_at": "2027-02-30T09:30:00Z"}, "/0/occurred_at", "wrong-type"),
        ({"campaign": 5}, "/0/campaign", "wrong-type"),
        ({"colour": "red"}, "/0/colour", "unknown-field"),
    ],
)
def test_every_rule_names_its_field(change: dict[str, object], pointer: str, code: str) -> None:
    assert _errors(FACT | change) == [(pointer, code)]


def test_all_errors_of_all_records_are_named_at_once() -> None:
    assert _errors(FACT, {}, 7) == [
        ("/1/customer_id", "missing"),
        ("/1/kind", "missing"),
        ("/1/occurred_at", "missing"),
        ("/1/source_id", "missing"),
        ("/2", "wrong-shape"),
    ]


def test_at_most_a_hundred_errors_are_kept_and_all_are_counted() -> None:
    with pytest.raises(InvalidOutcomesError, match=r"150 fields are wrong, of which 100") as caught:
        _json(*[FACT | {"kind": "x"}] * 150)

    assert len(caught.value.errors) == 100


def test_errors_of_csv_rows_are_named_too() -> None:
    text = 'kind,customer_id,occurred_at,source_id,value\nchurned,A-1\n"a"b,c\n'
    text += "revenue,A-1,2027-03-01T09:30:00Z,s,much\n"
    text += "revenue,A-1,2027-03-01T09:30:00Z,s,inf\n"
    with pytest.raises(InvalidOutcomesError) as caught:
        read_outcomes(text.encode(), "text/csv")

    assert [(error.pointer, error.code) for error in caught.value.errors] == [
        ("/0", "wrong-shape"),
        ("/1", "wrong-shape"),
        ("/2/value", "wrong-type"),
        ("/3/value", "out-of-range"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000),
        ("1970-01-01 00:00:01.5+00:00", 1_500),
        ("1970-01-01t02:00:00.123456789+02:00", 123),
        ("1970-01-01T00:00:00.1z", 100),
    ],
)
def test_an_instant_is_read_to_the_millisecond(text: str, expected: int) -> None:
    assert instant_ms(text) == expected


@given(st.datetimes(timezones=st.timezones()))
def test_every_instant_that_python_writes_is_read(instant: datetime) -> None:
    try:
        expected = round(instant.timestamp() * 1_000)
    except (ValueError, OverflowError):
        return
    offset = instant.utcoffset()
    if offset is not None and offset.total_seconds() % 60 == 0:
        assert instant_ms(instant.isoformat(timespec="microseconds")) == expected


@pytest.fixture
def known(database: Database) -> Database:
    """Give a database that knows the customers A-1 and A-2 and the campaign spring."""
    with database.write() as conn:
        records = [CustomerRecord(name, None, None, {}, b"h", "d") for name in ("A-1", "A-2")]
        customers.upsert(conn, records, now_ms=1)
        campaigns.save(conn, slug="spring", spec={}, spec_digest="s", author="ann", now_ms=1)
    return database


def _outcome(**changes: object) -> Outcome:
    return Outcome(**(FACT | changes))


def test_outcomes_are_stored_once_however_often_they_are_sent(known: Database) -> None:
    found = [OUTCOME, _outcome(source_id="crm-2", customer_id="A-2", campaign="spring")]

    assert record_outcomes(known, found, now_ms=5, actor="crm") == (2, 0, 0)
    assert record_outcomes(known, found, now_ms=6, actor="crm") == (0, 0, 2)

    with known.read() as conn:
        entries = [entry for entry in audit.page(conn) if entry.action == "outcomes.record"]
    assert [(entry.actor, entry.diff["new"]) for entry in entries] == [("crm", 2)]


def test_a_later_report_corrects(known: Database) -> None:
    record_outcomes(known, [OUTCOME], now_ms=5, actor="crm")

    assert record_outcomes(known, [_outcome(kind="stayed")], now_ms=6, actor="crm") == (0, 1, 0)


def test_of_two_reports_of_one_fact_in_one_body_the_last_counts(known: Database) -> None:
    found = [OUTCOME, _outcome(kind="stayed")]

    assert record_outcomes(known, found, now_ms=5, actor="crm") == (1, 0, 0)
    assert record_outcomes(known, found[1:], now_ms=6, actor="crm") == (0, 0, 1)


def test_outcomes_about_strangers_are_refused_and_nothing_is_stored(known: Database) -> None:
    found = [OUTCOME, _outcome(customer_id="Z-9", source_id="s", campaign="autumn")]

    with pytest.raises(InvalidOutcomesError) as caught:
        record_outcomes(known, found, now_ms=5, actor="crm")

    assert [error.pointer for error in caught.value.errors] == ["/1/customer_id", "/1/campaign"]
    assert record_outcomes(known, [OUTCOME], now_ms=6, actor="crm") == (1, 0, 0)


def test_many_outcomes_go_in_several_transactions(known: Database) -> None:
    found = [_outcome(source_id=f"s-{number}") for number in range(10_001)]

    assert record_outcomes(known, found, now_ms=5, actor="crm") == (10_001, 0, 0)
    assert record_outcomes(known, [], now_ms=5, actor="crm") == (0, 0, 0)


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "\x7f", "\x85"])
@pytest.mark.parametrize("field", ["customer_id", "source_id", "campaign"])
def test_control_characters_are_refused_with_their_field(field: str, text: str) -> None:
    assert _errors(FACT | {field: text}) == [(f"/0/{field}", "wrong-type")]


def test_an_instant_that_has_no_day_in_utc_is_refused() -> None:
    record = FACT | {"occurred_at": "9999-12-31T23:59:59-23:59"}
    assert _errors(record) == [("/0/occurred_at", "wrong-type")]
