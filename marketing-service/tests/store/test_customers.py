import hashlib

import pytest
from sqlalchemy import update

from marketing_service.errors import UnknownCustomerError
from marketing_service.store import customers, scores
from marketing_service.store.customers import CustomerRecord
from marketing_service.store.engine import Database
from marketing_service.store.tables import customers as table


def _record(external_id: str, value: float = 1.0, email: str | None = None) -> CustomerRecord:
    return CustomerRecord(
        external_id=external_id,
        email=email,
        email_hash=None,
        attrs={"height": value, "colour": "green", "gone": None},
        row_hash=hashlib.sha256(f"{value}{email}".encode()).digest(),
        schema_digest="d1",
    )


def _store(database: Database, *records: CustomerRecord, now_ms: int = 1) -> None:
    with database.write() as conn:
        customers.upsert(conn, records, now_ms=now_ms)


def test_a_new_customer_is_kept_with_all_values(database: Database) -> None:
    _store(database, _record("A-1", 2.5, "a@example.test"), now_ms=7)

    with database.read() as conn:
        found = customers.get(conn, "A-1")
    assert found.attrs == {"height": 2.5, "colour": "green", "gone": None}
    assert (found.email, found.schema_digest, found.updated_at) == ("a@example.test", "d1", 7)
    assert len(found.public_id or b"") == 8


def test_a_changed_customer_is_overwritten_and_keeps_its_identities(database: Database) -> None:
    _store(database, _record("A-1"))
    with database.read() as conn:
        before = customers.get(conn, "A-1")

    _store(database, _record("A-1", 9.0), now_ms=2)

    with database.read() as conn:
        after = customers.get(conn, "A-1")
    assert (after.id, after.public_id) == (before.id, before.public_id)
    assert (after.attrs["height"], after.updated_at) == (9.0, 2)


def test_an_equal_customer_is_not_touched(database: Database) -> None:
    _store(database, _record("A-1"), now_ms=1)

    _store(database, _record("A-1"), now_ms=2)

    with database.read() as conn:
        assert customers.get(conn, "A-1").updated_at == 1


def test_storing_nobody_is_fine(database: Database) -> None:
    _store(database)

    with database.read() as conn:
        assert customers.count(conn) == 0


def test_an_erased_customer_is_neither_shown_nor_brought_back(database: Database) -> None:
    _store(database, _record("A-1"), _record("A-2"))
    with database.write() as conn:
        conn.execute(update(table).where(table.c.external_id == "A-1").values(erased_at=5))

    _store(database, _record("A-1", 3.0))

    with database.read() as conn:
        assert customers.row_hashes(conn, ["A-1"]) == {"A-1": _record("A-1").row_hash}
        assert [customer.external_id for customer in customers.page(conn)] == ["A-2"]
        assert customers.count(conn) == 1
        assert set(customers.ids_of(conn, ["A-1", "A-2"])) == {"A-2"}
        assert [item.external_id for item in scores.page(conn, "v1")] == ["A-2"]
        with pytest.raises(UnknownCustomerError):
            customers.get(conn, "A-1")


def test_an_unknown_id_is_a_404(database: Database) -> None:
    with database.read() as conn, pytest.raises(UnknownCustomerError) as caught:
        customers.get(conn, "nobody")

    assert caught.value.status == 404


def test_pages_follow_each_other_without_a_gap(database: Database) -> None:
    _store(database, *(_record(f"A-{number:03}") for number in range(25)))
    seen, last = [], 0
    with database.read() as conn:
        while page := customers.page(conn, after=last, limit=10):
            seen += [customer.external_id for customer in page]
            last = page[-1].id

    assert seen == [f"A-{number:03}" for number in range(25)]


def test_customers_are_found_by_their_numbers_in_any_amount(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customers, "LOOKUP_ROWS", 2)
    _store(database, *(_record(f"A-{number}") for number in range(5)))
    with database.read() as conn:
        ids = customers.ids_of(conn, [f"A-{number}" for number in range(7)])
        found = customers.by_ids(conn, [*ids.values(), 99])
        hashes = customers.row_hashes(conn, ["A-0", "A-4", "A-9"])

    assert sorted(ids) == ["A-0", "A-1", "A-2", "A-3", "A-4"]
    assert {customer.external_id for customer in found.values()} == set(ids)
    assert hashes == dict.fromkeys(("A-0", "A-4"), _record("x").row_hash)


def test_a_lookup_of_ten_thousand_ids_fits_into_one_statement(database: Database) -> None:
    with database.read() as conn:
        assert customers.ids_of(conn, [f"A-{number}" for number in range(10_000)]) == {}


def test_whether_there_is_anybody_is_told(database: Database) -> None:
    with database.read() as conn:
        assert not customers.exist(conn)
    _store(database, _record("A-1"))
    with database.read() as conn:
        assert customers.exist(conn)
