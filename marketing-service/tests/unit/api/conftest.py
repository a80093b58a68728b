"""The web process's app in process, over a migrated SQLite file."""

import io
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketing_service.app import create_app
from marketing_service.campaign import CampaignEvent
from marketing_service.launching import ask_for_plan
from marketing_service.settings import WebSettings
from marketing_service.simulator import demo_campaign_toml
from marketing_service.store import campaigns, customers, plan_jobs, plans
from marketing_service.store.customers import CustomerRecord
from marketing_service.store.engine import Database
from marketing_service.store.targets import StagedTarget, stage_targets
from service_kit.logs import EventLog

CUSTOMERS = 6


class Api:
    """The API with short ways to prepare what it answers from."""

    def __init__(self, database: Database, client: FlaskClient) -> None:
        self.database = database
        self.client = client

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={"Accept": "application/json"} | headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        data = b"" if body is None else json.dumps(body).encode()
        known = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.post(
            path, data=data, headers={"Content-Type": "application/json"} | known
        )

    def file(self, **changes: Any) -> TestResponse:
        return self.post("/v1/campaigns", tomllib.loads(demo_campaign_toml()) | changes)

    def add_customers(self) -> None:
        records = [
            CustomerRecord(
                external_id=f"c/{index}",
                email=f"c{index}@example.test",
                email_hash=None,
                attrs={"tenure": float(index)},
                row_hash=bytes(32),
                schema_digest="s",
            )
            for index in range(CUSTOMERS)
        ]
        with self.database.write() as conn:
            customers.upsert(conn, records, now_ms=0)

    def plan(self, digest: str = "d1", **summary: Any) -> None:
        """File the demo campaign and stand in for the planner."""
        self.add_customers()
        self.file()
        with self.database.write() as conn:
            ask_for_plan(conn, "demo", actor="me", now_ms=0)
            job = plan_jobs.latest(conn, 1)
            assert job is not None
            plan = plans.create(conn, 1, now_ms=0)
            stage_targets(conn, plan.id, map(_target, range(1, CUSTOMERS + 1)))
            plans.finish(conn, plan.id, summary={"lines": [], **summary}, digest=digest, now_ms=0)
            event = CampaignEvent.PLAN_DONE
            campaigns.move(conn, 1, event, actor="planner", now_ms=0, plan_id=plan.id)


def _target(customer_id: int) -> StagedTarget:
    if customer_id == 1:
        return StagedTarget(
            customer_id, "control", 0, 0.5, 9.0, 1.0, 3.0, 0.3, "control", "control"
        )
    if customer_id == 2:
        return StagedTarget(
            customer_id, "none", None, 0.1, 1.0, 1.0, -1.0, 1.0, "below_min_net", "not_selected"
        )
    return StagedTarget(customer_id, "treated", 0, 0.5, 9.0, 1.0, 3.0, 0.7, "targeted", "queued")


@pytest.fixture
def api(sqlite_database: Database, tmp_path: Path) -> Api:
    settings = WebSettings(
        database_url=str(sqlite_database.url),
        spool_dir=tmp_path / "spool",
        max_body_bytes=100_000,
        max_import_bytes=1_000_000,
    )
    log = EventLog("marketing-service", "test", io.StringIO())
    return Api(sqlite_database, create_app(settings, sqlite_database, log).test_client())
