import pytest
from sqlalchemy import func, select

from marketing_service.store import customers, snapshots
from marketing_service.store.customers import CustomerRecord
from marketing_service.store.engine import Database
from marketing_service.store.tables import attribute_snapshots


@pytest.fixture(autouse=True)
def three_customers(database: Database) -> None:
    """Give customers 1, 2, 3; the last is like the second."""
    with database.write() as conn:
        records = [_record(n, tenure) for n, tenure in ((1, 10), (2, 20), (3, 20))]
        customers.upsert(conn, records, now_ms=1)


def _record(number: int, tenure: int) -> CustomerRecord:
    hashed = bytes([tenure]) * 32
    return CustomerRecord(f"A-{number}", None, None, {"tenure": float(tenure)}, hashed, "d")


def _count(database: Database) -> int:
    with database.read() as conn:
        return conn.execute(select(func.count()).select_from(attribute_snapshots)).scalar_one()


def test_a_stretch_of_customers_is_kept_and_equal_ones_share_a_row(database: Database) -> None:
    with database.write() as conn:
        found = snapshots.take(conn, after=1, last=3)
    assert found == {2: bytes([20]) * 32, 3: bytes([20]) * 32}
    assert _count(database) == 1


def test_taking_again_writes_nothing(database: Database) -> None:
    for _ in range(2):
        with database.write() as conn:
            snapshots.take(conn, after=0, last=3)
    assert _count(database) == 2


def test_a_snapshot_keeps_what_the_customer_was(database: Database) -> None:
    with database.write() as conn:
        before = snapshots.take(conn, after=0, last=1)
        customers.upsert(conn, [_record(1, 11)], now_ms=2)
        after = snapshots.take(conn, after=0, last=1)
    assert before != after
    with database.read() as conn:
        kept = {row.row_hash: row.attrs for row in conn.execute(select(*attribute_snapshots.c))}
    assert kept == {before[1]: {"tenure": 10.0}, after[1]: {"tenure": 11.0}}


def test_erased_customers_leave_no_snapshot(database: Database) -> None:
    with database.write() as conn:
        conn.exec_driver_sql("UPDATE customers SET erased_at = 5 WHERE id = 1")
        assert list(snapshots.take(conn, after=0, last=3)) == [2, 3]
