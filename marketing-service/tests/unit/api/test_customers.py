from typing import Any

from marketing_service.store import scores


def test_customers_are_listed_page_by_page(api: Any) -> None:
    api.add_customers()
    first = api.get("/v1/customers?limit=4").json
    second = api.get(f"/v1/customers?limit=4&after={first['next']}").json
    found = [item["customer_id"] for item in first["customers"] + second["customers"]]
    assert found == [f"c/{index}" for index in range(6)]
    assert second["next"] is None


def test_one_customer_is_shown_by_the_id_of_its_owner(api: Any) -> None:
    api.add_customers()
    shown = api.get("/v1/customers/c/3").json
    assert (shown["email"], shown["attributes"]) == ("c3@example.test", {"tenure": 3.0})
    assert shown["score"] is None


def test_the_newest_score_is_shown(api: Any) -> None:
    api.add_customers()
    with api.database.write() as conn:
        scores.save(conn, "v1", [(1, 0.25)], now_ms=1_000)
    assert api.get("/v1/customers/c/0").json["score"] == {
        "churn_probability": 0.25,
        "model_version": "v1",
        "scored_at": "1970-01-01T00:00:01.000Z",
    }


def test_an_unknown_customer_is_404(api: Any) -> None:
    assert api.get("/v1/customers/nobody").json["type"] == "/problems/unknown-customer"
