from marketing_service.store import customers, scores
from marketing_service.store.customers import CustomerRecord
from marketing_service.store.engine import Database


def _people(database: Database, count: int) -> list[int]:
    records = [
        CustomerRecord(f"A-{number}", None, None, {"x": 1.0}, b"h", "d") for number in range(count)
    ]
    with database.write() as conn:
        customers.upsert(conn, records, now_ms=1)
        return [customer.id for customer in customers.page(conn)]


def test_scores_stand_beside_all_customers(database: Database) -> None:
    first, second, third = _people(database, 3)
    with database.write() as conn:
        scores.save(conn, "v1", [(first, 0.1), (third, 0.3)], now_ms=1)
        scores.save(conn, "v2", [(second, 0.9)], now_ms=2)

    with database.read() as conn:
        found = scores.page(conn, "v1")

    assert [(item.external_id, item.p) for item in found] == [
        ("A-0", 0.1), ("A-1", None), ("A-2", 0.3),
    ]  # fmt: skip
    assert found[0].attrs == {"x": 1.0}


def test_pages_of_scores_go_on_behind_a_customer(database: Database) -> None:
    ids = _people(database, 5)
    with database.read() as conn:
        found = scores.page(conn, "v1", after=ids[1], limit=2)

    assert [item.id for item in found] == ids[2:4]


def test_a_second_score_of_a_version_replaces_the_first(database: Database) -> None:
    (customer_id,) = _people(database, 1)
    with database.write() as conn:
        scores.save(conn, "v1", [(customer_id, 0.1)], now_ms=1)
        scores.save(conn, "v1", [(customer_id, 0.2)], now_ms=2)

    with database.read() as conn:
        assert scores.latest(conn, customer_id) == scores.Score("v1", 0.2, 2)


def test_the_newest_version_tells_the_latest_score(database: Database) -> None:
    (customer_id,) = _people(database, 1)
    with database.write() as conn:
        scores.save(conn, "v9", [(customer_id, 0.1)], now_ms=1)
        scores.save(conn, "v1", [(customer_id, 0.2)], now_ms=2)

    with database.read() as conn:
        latest = scores.latest(conn, customer_id)
    assert latest is not None
    assert latest.model_version == "v1"


def test_without_any_score_there_is_none(database: Database) -> None:
    with database.write() as conn:
        scores.save(conn, "v1", [], now_ms=1)
        assert scores.latest(conn, 1) is None
