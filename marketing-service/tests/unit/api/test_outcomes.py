from typing import Any


def outcome(**changes: Any) -> dict[str, Any]:
    return {
        "customer_id": "c/1",
        "kind": "churned",
        "occurred_at": "2030-01-01T00:00:00Z",
        "source_id": "s1",
    } | changes


def test_outcomes_are_stored_once(api: Any) -> None:
    api.add_customers()
    replies = [api.post("/v1/outcomes", [outcome()]).json for _ in range(2)]
    assert replies[0] == {"new": 1, "corrected": 0, "unchanged": 0}
    assert replies[1] == {"new": 0, "corrected": 0, "unchanged": 1}


def test_bad_outcomes_are_named(api: Any) -> None:
    api.add_customers()
    reply = api.post("/v1/outcomes", [outcome(kind="left")])
    assert (reply.status_code, reply.json["errors"][0]["field"]) == (422, "kind")
