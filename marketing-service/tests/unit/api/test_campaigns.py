from typing import Any

import pytest

from marketing_service.campaign import CampaignEvent
from marketing_service.simulator import demo_campaign_toml
from marketing_service.store import campaigns
from marketing_service.store import jobs as job_store


def test_a_new_campaign_is_a_draft(api: Any) -> None:
    reply = api.file()
    assert (reply.status_code, reply.headers["Location"]) == (201, "/v1/campaigns/demo")
    shown = reply.json
    assert (shown["id"], shown["status"], shown["digest"]) == ("demo", "draft", None)
    assert (shown["plan"], shown["counts"], shown["job"]) == (None, {}, None)


def test_a_campaign_file_is_taken_as_toml(api: Any) -> None:
    reply = api.client.post(
        "/v1/campaigns", data=demo_campaign_toml(), content_type="application/toml"
    )
    assert reply.status_code == 201


def test_the_same_file_again_changes_nothing(api: Any) -> None:
    api.file()
    assert api.file().status_code == 200


def test_another_file_of_the_name_replaces_the_draft(api: Any) -> None:
    api.plan()
    reply = api.file(horizon_months=6)
    assert (reply.status_code, reply.json["status"], reply.json["plan"]) == (200, "draft", None)


def test_another_file_of_a_launched_campaign_is_refused(api: Any) -> None:
    api.plan()
    api.post("/v1/campaigns/demo/launch", {"expect": "d1"})
    reply = api.file(horizon_months=6)
    assert (reply.status_code, reply.json["type"]) == (409, "/problems/campaign-exists")


def test_every_error_of_a_file_is_named(api: Any) -> None:
    reply = api.file(name="Not A Slug", horizon_months=0)
    assert reply.status_code == 422
    assert reply.content_type == "application/problem+json"
    pointers = [error["pointer"] for error in reply.json["errors"]]
    assert {"/name", "/horizon_months"} <= set(pointers)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"'])
def test_a_body_that_is_no_campaign_file_is_refused(api: Any, body: bytes) -> None:
    reply = api.client.post("/v1/campaigns", data=body, content_type="application/json")
    assert reply.status_code == 422


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/campaigns", 422), ("/v1/campaigns/demo/launch", 422), ("/v1/outcomes", 400)],
)
@pytest.mark.parametrize("body", [b"[" * 10_000, b'{"a":1,"a":2}'])
def test_a_deep_body_or_one_with_equal_keys_is_refused(
    api: Any, path: str, status: int, body: bytes
) -> None:
    reply = api.client.post(path, data=body, content_type="application/json")
    assert reply.status_code == status
    assert "nested" in reply.json["detail"] or "twice" in reply.json["detail"]


def test_a_campaign_of_another_type_is_refused(api: Any) -> None:
    reply = api.client.post("/v1/campaigns", data=b"name: x", content_type="application/yaml")
    assert reply.status_code == 415


def test_broken_toml_is_refused_with_its_place(api: Any) -> None:
    reply = api.client.post("/v1/campaigns", data=b"name = \nx", content_type="application/toml")
    assert reply.status_code == 422
    assert "line 1" in reply.json["detail"]


def test_a_message_that_cannot_be_rendered_is_refused_when_filed(api: Any) -> None:
    message = {"subject": "Hi", "text": "{{ 10 ** 10 }}", "from": "Shop <shop@example.test>"}
    reply = api.file(message=message)
    assert reply.status_code == 422
    assert reply.json["errors"][0]["field"].startswith("message")


def test_an_unknown_campaign_is_404(api: Any) -> None:
    for reply in (api.get("/v1/campaigns/none"), api.post("/v1/campaigns/none/plan")):
        assert (reply.status_code, reply.json["type"]) == (404, "/problems/unknown-campaign")


def test_asking_for_a_plan_leaves_one_job(api: Any) -> None:
    api.file()
    replies = [api.post("/v1/campaigns/demo/plan") for _ in range(2)]
    assert [reply.status_code for reply in replies] == [202, 202]
    assert replies[0].json["status"] == "planning"
    assert replies[0].json["job"]["state"] == "queued"
    with api.database.read() as conn:
        assert job_store.open_count(conn, "plan") == 1


def test_what_a_plan_waits_for_is_shown(api: Any) -> None:
    api.file()
    api.post("/v1/campaigns/demo/plan")
    with api.database.write() as conn:
        job = job_store.claim(conn, ["plan"], now_ms=0, lease_ms=1)
        assert job is not None
        job_store.save_progress(
            conn, job, {"done": 5, "total": 9, "waiting": "churn-service did not answer"}
        )
    job_json = api.get("/v1/campaigns/demo").json["job"]
    assert job_json["progress"] == {"done": 5, "total": 9}
    assert job_json["error"] == "churn-service did not answer"


def test_why_a_plan_failed_is_shown(api: Any) -> None:
    api.file()
    api.post("/v1/campaigns/demo/plan")
    with api.database.write() as conn:
        job = job_store.claim(conn, ["plan"], now_ms=0, lease_ms=1)
        assert job is not None
        job_store.fail(conn, job, "churn-service answered 401", now_ms=0)
        campaigns.move(conn, 1, CampaignEvent.PLAN_FAILED, actor="planner", now_ms=0)
    shown = api.get("/v1/campaigns/demo").json
    assert (shown["status"], shown["job"]["error"]) == ("draft", "churn-service answered 401")


def test_a_planned_campaign_shows_plan_digest_and_counts(api: Any) -> None:
    api.plan(contacts=4)
    shown = api.get("/v1/campaigns/demo").json
    assert (shown["status"], shown["digest"], shown["plan"]["contacts"]) == ("planned", "d1", 4)
    assert shown["counts"] == {"queued": 4, "control": 1, "not_selected": 1}


def test_campaigns_are_listed_newest_first(api: Any) -> None:
    api.file()
    api.file(name="second")
    found = api.get("/v1/campaigns").json["campaigns"]
    assert [item["id"] for item in found] == ["second", "demo"]


def test_a_launch_with_the_plans_digest_starts_sending(api: Any) -> None:
    api.plan()
    reply = api.post("/v1/campaigns/demo/launch", {"expect": "d1"}, X_Key_Owner="anna")
    assert (reply.status_code, reply.json["status"]) == (200, "running")
    assert reply.json["message"] == "launched"


def test_a_second_launch_sends_nothing_twice_and_says_so(api: Any) -> None:
    api.plan()
    api.post("/v1/campaigns/demo/launch", {"expect": "d1"})
    reply = api.post("/v1/campaigns/demo/launch", {"expect": "d1"})
    assert (reply.status_code, reply.json["status"]) == (200, "running")
    assert reply.json["message"] == "already launched: nothing is sent twice"


def test_a_launch_of_another_plan_than_the_one_seen_is_refused(api: Any) -> None:
    api.plan()
    reply = api.post("/v1/campaigns/demo/launch", {"expect": "old"})
    assert (reply.status_code, reply.json["type"]) == (409, "/problems/audience-changed")
    assert api.get("/v1/campaigns/demo").json["status"] == "planned"


def test_a_launch_without_a_digest_is_refused(api: Any) -> None:
    api.plan()
    reply = api.post("/v1/campaigns/demo/launch")
    assert reply.status_code == 409
    assert "expect" in reply.json["detail"]


def test_a_launch_of_a_draft_is_refused(api: Any) -> None:
    api.file()
    reply = api.post("/v1/campaigns/demo/launch", {"expect": None})
    assert (reply.status_code, reply.json["type"]) == (409, "/problems/campaign-state")


@pytest.mark.parametrize(("body", "status"), [([], 422), ({"expect": 5}, 422)])
def test_a_launch_body_of_another_shape_is_refused(api: Any, body: Any, status: int) -> None:
    api.plan()
    assert api.post("/v1/campaigns/demo/launch", body).status_code == status


@pytest.mark.parametrize(("shown", "status"), [(False, 409), (True, 200)])
def test_a_campaign_that_demands_power_is_launched_with_power_only(
    api: Any, *, shown: bool, status: int
) -> None:
    api.plan()
    with api.database.write() as conn:
        spec = campaigns.get(conn, "demo").spec
        spec["control"]["require_power"] = True
        conn.execute(campaigns.campaigns.update().values(spec=spec))
    set_summary(api, {"can_be_shown": shown})
    reply = api.post("/v1/campaigns/demo/launch", {"expect": "d1"})
    assert reply.status_code == status


def set_summary(api: Any, summary: dict[str, Any]) -> None:
    from marketing_service.store.tables import plans  # noqa: PLC0415 - only here

    with api.database.write() as conn:
        conn.execute(plans.update().values(summary=summary))


def test_a_repeated_key_gets_the_first_answer(api: Any) -> None:
    first = api.post("/v1/campaigns", {}, Idempotency_Key="k0")
    assert first.status_code == 422
    api.file()
    replies = [api.post("/v1/campaigns/demo/plan", Idempotency_Key="k1") for _ in range(2)]
    assert replies[0].data == replies[1].data
    assert replies[1].headers["Location"] == "/v1/campaigns/demo"


def test_a_key_with_another_request_is_refused(api: Any) -> None:
    api.file()
    api.post("/v1/campaigns/demo/plan", Idempotency_Key="k1")
    reply = api.post("/v1/campaigns/demo/plan", {"x": 1}, Idempotency_Key="k1")
    assert reply.json["type"] == "/problems/idempotency-conflict"


def test_a_key_that_is_too_long_is_refused(api: Any) -> None:
    api.file()
    reply = api.post("/v1/campaigns/demo/plan", Idempotency_Key="k" * 256)
    assert reply.status_code == 422
