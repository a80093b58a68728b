import csv
import io
from typing import Any

import pytest
from flask import Flask

from marketing_service.api.answers import rfc3339
from marketing_service.api.results import ResultRoutes

TARGETS = "/v1/campaigns/demo/targets"


def test_targets_say_who_and_why(api: Any) -> None:
    api.plan()
    found = api.get(TARGETS).json
    assert found["next"] is None
    assert found["targets"][0] == {
        "customer_id": "c/0", "arm": "control", "offer": "support", "churn_probability": 0.5,
        "value": 9.0, "cost": 1.0, "net": 3.0, "propensity": 0.3, "reason": "control",
        "state": "control", "attempt": 0, "code": None, "detail": None, "sent_at": None,
    }  # fmt: skip


def test_targets_come_in_pages(api: Any) -> None:
    api.plan()
    first = api.get(f"{TARGETS}?limit=4").json
    second = api.get(f"{TARGETS}?limit=4&after={first['next']}").json
    assert [len(first["targets"]), len(second["targets"]), second["next"]] == [4, 2, None]


def test_targets_are_filtered_by_arm_and_state(api: Any) -> None:
    api.plan()
    assert len(api.get(f"{TARGETS}?arm=treated&state=queued").json["targets"]) == 4


@pytest.mark.parametrize(
    "query", ["arm=x", "state=x", "limit=0", "limit=x", "limit=10001", "after=-1", "limit=²"]
)
def test_a_query_that_cannot_be_used_names_the_rule(api: Any, query: str) -> None:
    api.plan()
    reply = api.get(f"{TARGETS}?{query}")
    assert (reply.status_code, reply.json["type"]) == (422, "/problems/invalid-request")
    assert "must be" in reply.json["detail"]


def test_all_targets_come_as_csv(api: Any) -> None:
    api.plan()
    reply = api.get(TARGETS, Accept="text/csv")
    assert reply.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert len(rows) == 6
    assert (rows[1]["customer_id"], rows[1]["offer"]) == ("c/1", "")


def test_targets_without_a_plan_are_404(api: Any) -> None:
    api.file()
    assert api.get(TARGETS).json["type"] == "/problems/unknown-plan"


class FakeReport:
    """Tells what was asked for."""

    def __init__(self, slug: str, as_of: int) -> None:
        self._asked = {"campaign": slug, "as_of": as_of}

    def to_json(self) -> dict[str, Any]:
        return self._asked


def report_of(api: Any, query: str) -> Any:
    app = Flask("reports")
    routes = ResultRoutes(
        api.database, lambda _database, slug, as_of: FakeReport(slug, as_of), clock=lambda: 7
    )
    app.register_blueprint(routes.blueprint())
    return app.test_client().get(f"/v1/campaigns/demo/report{query}").json


def test_a_report_is_as_of_now(api: Any) -> None:
    assert report_of(api, "") == {"campaign": "demo", "as_of": 7}


def test_a_report_may_be_as_of_another_instant(api: Any) -> None:
    assert report_of(api, "?as_of=1970-01-01T00:00:01Z")["as_of"] == 1_000


def test_an_instant_without_a_zone_is_refused(api: Any) -> None:
    api.plan()
    reply = api.get("/v1/campaigns/demo/report?as_of=2030-01-01")
    assert (reply.status_code, reply.json["errors"][0]["field"]) == (422, "as_of")


@pytest.mark.parametrize(
    "text",
    ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59"],
)
def test_an_instant_outside_of_the_calendar_is_refused(api: Any, text: str) -> None:
    api.plan()
    reply = api.get(f"/v1/campaigns/demo/report?as_of={text}")
    assert (reply.status_code, reply.json["errors"][0]["field"]) == (422, "as_of")


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z"])
def test_the_first_and_the_last_instant_can_be_written(api: Any, text: str) -> None:
    assert (rfc3339(report_of(api, f"?as_of={text}")["as_of"]) or "")[:4] == text[:4]


@pytest.mark.parametrize(
    "path",
    ["/v1/customers/%00", "/v1/campaigns/a%00b", "/v1/imports?before=%00", "/v1/imports/%00"],
)
def test_a_zero_byte_in_an_address_is_refused(api: Any, path: str) -> None:
    reply = api.get(path)
    assert (reply.status_code, reply.json["type"]) == (422, "/problems/invalid-request")
