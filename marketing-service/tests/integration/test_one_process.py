"""A whole campaign in one process: real worker, real web app, real mail server, SQLite."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketing_service.app import create_app
from marketing_service.mailbox.ledger import Ledger
from marketing_service.mailbox.smtp_server import MailHandler, smtp_controller
from marketing_service.settings import WebSettings, WorkerSettings
from marketing_service.simulator import demo_campaign_toml, write_sample_data
from marketing_service.store.engine import Database
from marketing_service.worker import Worker
from service_kit.logs import EventLog

WaitUntil = Callable[[Callable[[], Any]], Any]
CUSTOMERS = 300


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[tuple[Ledger, int]]:
    """Take mail on a port of the system's choice."""
    ledger = Ledger(tmp_path / "mailbox.sqlite", clock=lambda: time.time_ns() // 1_000_000)
    log = EventLog("mailbox", "test", io.StringIO())
    # The mail server cannot say which port the system chose, so it is chosen before.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    smtp = smtp_controller(MailHandler(ledger, log), host="127.0.0.1", port=port)
    smtp.start()
    yield ledger, port
    smtp.stop()
    ledger.close()


@pytest.fixture
def client(sqlite_database: Database, tmp_path: Path) -> FlaskClient:
    settings = WebSettings(spool_dir=tmp_path / "spool")
    log = EventLog("marketing-service", "test", io.StringIO())
    return create_app(settings, sqlite_database, log).test_client()


@pytest.fixture
def worker(
    sqlite_database: Database, tmp_path: Path, churn_url: str, mailbox: tuple[Ledger, int]
) -> Iterator[Worker]:
    settings = WorkerSettings(
        port=0,
        spool_dir=tmp_path / "spool",
        churn_url=churn_url,
        smtp_port=mailbox[1],
        token_key="t" * 32,
        settle_seconds=2.0,
        heartbeat_seconds=0.1,
    )
    log = EventLog("marketing-worker", "test", io.StringIO())
    # A database handle of its own, as a process of its own has.
    worker = Worker(settings, Database(str(sqlite_database.url)), log)
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield worker
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()


def campaign(client: FlaskClient) -> dict[str, Any]:
    found = client.get("/v1/campaigns/demo").json
    assert found is not None
    return found


def import_sample(client: FlaskClient, folder: Path, wait_until: WaitUntil) -> None:
    files = write_sample_data(folder, customers=CUSTOMERS, train_customers=50)
    reply = client.post("/v1/imports", data=files.customers.read_bytes(), content_type="text/csv")
    path = reply.headers["Location"]
    run = wait_until(lambda: (r := client.get(path).json) and r["finished_at"] and r)
    assert (run["state"], run["counts"]["new"]) == ("done", CUSTOMERS)


def plan(client: FlaskClient, wait_until: WaitUntil) -> dict[str, Any]:
    client.post("/v1/campaigns", data=demo_campaign_toml(), content_type="application/toml")
    client.post("/v1/campaigns/demo/plan")
    wait_until(lambda: campaign(client)["status"] != "planning")
    return campaign(client)


def test_a_campaign_goes_from_a_file_of_customers_to_delivered_mail(
    client: FlaskClient,
    worker: Worker,
    mailbox: tuple[Ledger, int],
    tmp_path: Path,
    wait_until: WaitUntil,
) -> None:
    assert worker.health_server.port > 0
    import_sample(client, tmp_path / "data", wait_until)
    planned = plan(client, wait_until)
    assert planned["status"] == "planned", planned["job"]
    treated = planned["counts"]["queued"]
    launches = [
        client.post("/v1/campaigns/demo/launch", json={"expect": planned["digest"]}).json
        for _ in range(2)
    ]
    assert [launch and launch["message"] for launch in launches] == [
        "launched",
        "already launched: nothing is sent twice",
    ]
    wait_until(lambda: campaign(client)["status"] == "finished")
    counts = campaign(client)["counts"]
    mails = mailbox[0].counts()
    assert counts["sent"] == treated == sum(item.messages for item in mails)
    assert sum(item.repeated for item in mails) == 0
    assert sum(counts.values()) == CUSTOMERS
    report = client.get("/v1/campaigns/demo/report").json
    assert report is not None
