"""Feedback of campaigns: from the store to the answer over HTTP."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from churn_contract.schema import demo_schema
from marketing_service.api.feedback import ATTRIBUTE
from marketing_service.app import create_app
from marketing_service.errors import UnknownCampaignError
from marketing_service.feedback import COLUMNS, Feedback
from marketing_service.settings import WebSettings
from marketing_service.store import campaigns, customers, live_schema, outcomes, snapshots
from marketing_service.store.engine import Database
from marketing_service.store.outcomes import OutcomeRow
from marketing_service.targeting.spec import parse_campaign, spec_to_json
from service_kit.logs import EventLog

DAY_MS = 86_400_000
Running = Callable[..., Any]


@pytest.fixture
def spec() -> dict[str, Any]:
    return spec_to_json(
        parse_campaign({
            "name": "spring",
            "value": {"margin_rate": 0.4, "monthly_column": "m"},
            "limits": {"max_contacts": 100},
            "control": {"campaign_share": 0.3},
            "contact": {"require_consent": False},
            "offers": [{"id": "gift", "contact_eur": 0.5, "incentive_eur": 15}],
            "message": {"subject": "a", "text": "b", "from": "a@example.test"},
            "measure": {"window_days": 30},
        })
    )


@pytest.fixture
def campaign(database: Database, running_campaign: Running, spec: dict[str, Any]) -> Any:
    """Launch `spring` at time 0: two treated, two controls, with snapshots of the day."""
    found = running_campaign(database, 2, control=2, spec=spec)
    with database.write() as conn:
        conn.exec_driver_sql("UPDATE campaign_targets SET state = 3, sent_at = 7 WHERE arm = 1")
        snapshots.take(conn, after=0, last=found.ids[-1])
        # As the planner does; the fixture stages without.
        conn.exec_driver_sql(
            "UPDATE campaign_targets SET row_hash ="
            " (SELECT row_hash FROM customers WHERE id = customer_id)"
        )
    return found


def _report(database: Database, *facts: tuple[int, str, int, float | None], at: int = 9) -> None:
    rows = [
        OutcomeRow(f"{number}-{kind}-{when}", number, kind, value, when, None)
        for number, kind, when, value in facts
    ]
    with database.write() as conn:
        outcomes.record(conn, rows, reported_at=at)


def _rows(database: Database, slug: str | None = None) -> list[dict[str, Any]]:
    return [
        row | {"attributes": attributes}
        for page in Feedback(database, slug).pages()
        for row, attributes in page
    ]


@pytest.mark.usefixtures("campaign")
def test_every_customer_of_a_launched_campaign_is_one_row(database: Database) -> None:
    first, _, third, _ = _rows(database)
    assert set(first) == {*COLUMNS, "attributes"}
    assert (first["customer_id"], first["campaign_id"]) == ("spring-0", "spring")
    assert (first["arm"], first["action"], first["planned_offer"]) == ("treated", "gift", "gift")
    assert (first["propensity"], first["score"], first["delivery_state"]) == (0.9, 0.5, "sent")
    assert (first["sent_at"], first["window_end"]) == (7, 30 * DAY_MS)
    assert (third["arm"], third["action"], third["cost_eur"]) == ("control", "none", 0.0)
    assert first["attributes"] == {"contract": "month-to-month"}
    assert len(first["attributes_hash"]) == 64


def test_what_became_of_customers_stands_in_their_rows(database: Database, campaign: Any) -> None:
    first, second, third, fourth = campaign.ids
    _report(
        database,
        (first, "redeemed", 20, None),
        (first, "stayed", 90, None),
        (first, "revenue", 30, 50.0),
        (first, "revenue", 31, 25.0),
        (second, "churned", 40, None),
        (third, "churned", 40, None),
        (fourth, "churned", 30 * DAY_MS + 1, None),
    )
    one, two, three, four = _rows(database)
    assert (one["outcome"], one["churned_at"], one["redeemed_at"]) == ("stayed", None, 20)
    assert one["margin_eur"] == pytest.approx(30.0)
    assert one["cost_eur"] == pytest.approx(15.5)
    assert (two["outcome"], two["churned_at"], two["cost_eur"]) == ("churned", 40, 0.5)
    assert three["outcome"] == "churned"
    assert (four["outcome"], four["churned_at"]) == (None, None)


def test_the_newest_report_whether_a_customer_left_decides(
    database: Database, campaign: Any
) -> None:
    _report(database, (campaign.ids[0], "churned", 40, None), at=50)
    _report(database, (campaign.ids[0], "stayed", 30, None), at=60)
    assert [row["outcome"] for row in _rows(database)] == ["stayed", None, None, None]
    assert _rows(database)[0]["churned_at"] is None


@pytest.mark.usefixtures("campaign")
def test_attributes_are_those_of_the_plan_not_of_today(database: Database) -> None:
    with database.write() as conn:
        changed = customers.CustomerRecord(
            "spring-0", None, None, {"contract": "two-year"}, b"x" * 32, "s"
        )
        customers.upsert(conn, [changed], now_ms=1)
    assert _rows(database)[0]["attributes"] == {"contract": "month-to-month"}


@pytest.mark.usefixtures("campaign")
def test_erased_customers_and_campaigns_without_launch_have_no_rows(
    database: Database, spec: dict[str, Any]
) -> None:
    with database.write() as conn:
        conn.exec_driver_sql("UPDATE customers SET erased_at = 1 WHERE external_id = 'spring-1'")
        campaigns.save(conn, slug="draft", spec=spec, spec_digest="d", author="a", now_ms=1)
    assert [row["customer_id"] for row in _rows(database)] == ["spring-0", "spring-2", "spring-3"]
    assert _rows(database, "draft") == []


def test_plans_of_the_first_release_have_rows_without_attributes(
    database: Database, running_campaign: Running, spec: dict[str, Any]
) -> None:
    running_campaign(database, 1, control=0, spec=spec)
    (row,) = _rows(database)
    assert (row["attributes"], row["attributes_hash"]) == ({}, None)


@pytest.mark.usefixtures("campaign")
def test_campaigns_follow_each_other_from_the_oldest(
    database: Database, running_campaign: Running, spec: dict[str, Any]
) -> None:
    running_campaign(database, 1, control=1, slug="autumn", spec=spec)
    assert [row["campaign_id"] for row in _rows(database)] == ["spring"] * 4 + ["autumn"] * 2
    assert len(_rows(database, "autumn")) == 2


def test_an_unknown_campaign_is_refused_before_the_first_row(sqlite_database: Database) -> None:
    with pytest.raises(UnknownCampaignError):
        Feedback(sqlite_database, "nobody")


@pytest.fixture
def client(
    sqlite_database: Database, running_campaign: Running, spec: dict[str, Any], tmp_path: Path
) -> FlaskClient:
    running_campaign(sqlite_database, 3, control=2, spec=spec)
    schema = demo_schema()
    with sqlite_database.write() as conn:
        live_schema.put(
            conn, schema=schema.to_json(), digest=schema.digest, model_version="v", now_ms=1
        )
    settings = WebSettings(
        database_url=str(sqlite_database.url),
        spool_dir=tmp_path / "spool",
        max_body_bytes=100_000,
        max_import_bytes=1_000_000,
    )
    log = EventLog("marketing-service", "test", io.StringIO())
    return create_app(settings, sqlite_database, log).test_client()


def test_the_answer_is_a_csv_file_with_the_attributes_of_the_live_schema(
    client: FlaskClient,
) -> None:
    reply = client.get("/v1/feedback")
    assert reply.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    names = [ATTRIBUTE + field.name for field in demo_schema().features]
    assert list(rows[0]) == [*COLUMNS, *names]
    assert len(rows) == 5
    assert rows[0]["window_end"] == "1970-01-31T00:00:00.000Z"


def test_json_lines_come_when_asked_for(client: FlaskClient) -> None:
    reply = client.get("/v1/feedback?campaign=spring", headers={"Accept": "application/x-ndjson"})
    assert reply.mimetype == "application/x-ndjson"
    rows = [json.loads(line) for line in reply.text.splitlines()]
    assert list(rows[0]) == [*COLUMNS, "attributes"]
    assert [row["arm"] for row in rows] == ["treated"] * 3 + ["control"] * 2


def test_feedback_of_an_unknown_campaign_is_not_found(client: FlaskClient) -> None:
    assert client.get("/v1/feedback?campaign=nobody").status_code == 404
