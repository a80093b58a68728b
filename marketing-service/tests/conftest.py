"""Real databases for every test: a migrated SQLite file and a real PostgreSQL server.

PostgreSQL is the one at MARKETING_TEST_POSTGRES_URL, else a container started here and
removed at the end, else those tests are skipped (with CI=true they fail).
"""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from marketing_service.campaign import CampaignEvent
from marketing_service.migrations import upgrade
from marketing_service.store import campaigns, customers, plans
from marketing_service.store.claims import SendableCampaign
from marketing_service.store.engine import Database
from marketing_service.store.targets import (
    StagedTarget,
    analyze_targets,
    count_targets,
    list_targets,
    stage_targets,
)

IMAGE = os.environ.get("POSTGRES_IMAGE", "postgres:17")
START_SECONDS = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Give a migrated, empty database, once on each engine."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def sqlite_database(migrated_sqlite_file: Path, tmp_path: Path) -> Iterator[Database]:
    """Give a migrated, empty SQLite database."""
    path = tmp_path / "marketing.sqlite"
    shutil.copyfile(migrated_sqlite_file, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def postgresql_database(migrated_postgres_url: str) -> Iterator[Database]:
    """Give a migrated, empty PostgreSQL database of its own."""
    name = f"test_{secrets.token_hex(6)}"
    template = make_url(migrated_postgres_url).database
    server = _server(migrated_postgres_url)
    _on_server(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    database = Database(_with_name(server, name))
    yield database
    database.close()
    _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def empty_postgres_url(postgres_server_url: str) -> Iterator[str]:
    """Give the address of a PostgreSQL database without any table."""
    name = f"test_{secrets.token_hex(6)}"
    _on_server(postgres_server_url, f'CREATE DATABASE "{name}"')
    yield _with_name(postgres_server_url, name)
    _on_server(postgres_server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite file; the tests copy it."""
    path = tmp_path_factory.mktemp("migrated") / "template.sqlite"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_server_url: str) -> Iterator[str]:
    """Migrate one PostgreSQL database; the tests copy it."""
    name = f"template_{secrets.token_hex(6)}"
    _on_server(postgres_server_url, f'CREATE DATABASE "{name}"')
    url = _with_name(postgres_server_url, name)
    database = Database(url)
    upgrade(database)
    database.close()
    yield url
    _on_server(postgres_server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """Give the address of a PostgreSQL server on which databases can be created."""
    if given := os.environ.get("MARKETING_TEST_POSTGRES_URL"):
        yield given
        return
    _require_engine()
    name = f"marketing-test-{secrets.token_hex(6)}"
    password = secrets.token_hex(16)
    _docker(
        "run", "--detach", "--rm", "--name", name, "--publish", "127.0.0.1::5432",
        "--env", f"POSTGRES_PASSWORD={password}", "--tmpfs", "/var/lib/postgresql/data",
        IMAGE, "-c", "fsync=off", "-c", "max_connections=200",
    )  # fmt: skip
    try:
        host = _docker("port", name, "5432/tcp").split()[0]
        url = f"postgresql://postgres:{password}@{host}/postgres"
        _wait_for_server(url, name)
        yield url
    finally:
        _docker("rm", "--force", "--volumes", name)


def _require_engine() -> None:
    reason = _missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} With CI=true every test must run.")
    if reason:
        pytest.skip(f"{reason} Or set MARKETING_TEST_POSTGRES_URL to a server of your own.")


def _missing() -> str | None:
    try:
        _docker("info")
    except (OSError, subprocess.CalledProcessError):
        return "No container engine answers (docker info)."
    try:
        _docker("image", "inspect", IMAGE)
    except subprocess.CalledProcessError:
        return f"The image {IMAGE} is not on this machine (docker pull {IMAGE})."
    return None


def _docker(*arguments: str) -> str:
    done = subprocess.run(
        ["docker", *arguments], check=True, capture_output=True, text=True, timeout=120
    )
    return done.stdout


def _wait_for_server(url: str, name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{_docker('logs', name)}")
            time.sleep(0.1)
        else:
            return


def _on_server(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _server(url: str) -> str:
    return _with_name(url, "postgres")


def _with_name(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@dataclass(frozen=True)
class RunningCampaign:
    """A launched campaign in a test database, and short ways to look at it."""

    database: Database
    sendable: SendableCampaign
    customers: int
    ids: list[int] = field(default_factory=list)

    @property
    def plan_id(self) -> int:
        return self.sendable.plan_id

    def counts(self) -> dict[str, int]:
        with self.database.read() as conn:
            return count_targets(conn, self.plan_id)

    def states(self) -> dict[int, str]:
        with self.database.read() as conn:
            rows = list_targets(conn, self.plan_id, limit=100_000)
        return {row.customer_id: row.state for row in rows}

    def status(self) -> str:
        with self.database.read() as conn:
            return campaigns.by_id(conn, self.sendable.campaign_id).status.value

    def move(self, event: CampaignEvent) -> None:
        with self.database.write() as conn:
            campaigns.move(conn, self.sendable.campaign_id, event, actor="test", now_ms=0)


@pytest.fixture
def running_campaign() -> Callable[..., RunningCampaign]:
    """Launch a campaign with so many targets; `emails` and `spec` replace the defaults."""
    return _launch


def _launch(
    database: Database,
    treated: int = 10,
    *,
    control: int = 2,
    slug: str = "spring",
    emails: list[str] | None = None,
    spec: dict[str, Any] | None = None,
) -> RunningCampaign:
    addresses = emails or [f"{slug}-{number}@example.test" for number in range(treated)]
    whole = DEFAULT_SPEC | (spec or {})
    records = [_record(slug, number, address) for number, address in enumerate(addresses)]
    records += [_record(slug, number, None) for number in range(len(records), treated + control)]
    with database.write() as conn:
        customers.upsert(conn, records, now_ms=0)
        known = customers.ids_of(conn, [record.external_id for record in records])
        ids = [known[record.external_id] for record in records]
        campaign = campaigns.save(
            conn, slug=slug, spec=whole, spec_digest="d", author="test", now_ms=0
        )
        plan = plans.create(conn, campaign.id, now_ms=0)
        stage_targets(conn, plan.id, _staged(ids, treated))
        analyze_targets(conn)
        plans.finish(conn, plan.id, summary={}, digest="p", now_ms=0)
        for event in (CampaignEvent.PLAN, CampaignEvent.PLAN_DONE, CampaignEvent.LAUNCH):
            given = plan.id if event is CampaignEvent.PLAN_DONE else None
            campaigns.move(conn, campaign.id, event, actor="test", now_ms=0, plan_id=given)
    sendable = SendableCampaign(campaign.id, plan.id, slug, whole)
    return RunningCampaign(database, sendable, treated + control, ids)


DEFAULT_SPEC: dict[str, Any] = {
    "offers": [{"id": "month-free", "incentive_eur": 20.0}],
    "message": {
        "subject": "A month on us, {{ customer_id }}",
        "text": "Your contract is {{ customer.contract }}; we give {{ offer.incentive_eur }} EUR.",
        "from": "Shop <shop@example.test>",
    },
    "send": {"max_per_second": None},
}


def _record(slug: str, number: int, email: str | None) -> customers.CustomerRecord:
    return customers.CustomerRecord(
        external_id=f"{slug}-{number}",
        email=email,
        email_hash=None,
        attrs={"contract": "month-to-month"},
        row_hash=bytes(32),
        schema_digest="s",
    )


def _staged(ids: list[int], treated: int) -> Iterator[StagedTarget]:
    for customer_id in ids[:treated]:
        yield StagedTarget(
            customer_id, "treated", 0, 0.5, 100.0, 4.0, 9.0, 0.9, "targeted", "queued"
        )
    for customer_id in ids[treated:]:
        yield StagedTarget(
            customer_id, "control", None, 0.5, 100.0, None, None, 0.1, "control", "control"
        )
