"""Real processes, real SMTP, kill -9: nobody mailed twice, nobody lost."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from marketing_service.message.compose import Composer
from marketing_service.store.engine import Database
from marketing_service.store.tables import campaigns
from marketing_service.store.targets import list_targets
from marketing_service.store.workers import live_workers

Launch = Callable[..., Any]
WORKER = "import os; from marketing_service.worker import run; run(os.environ)"
MAILBOX = "import os; from marketing_service.mailbox.app import run; run(os.environ)"
KEY = "k" * 32
WINDOW = 16
DEADLINE_SECONDS = 60


@dataclass
class Mailbox:
    """A real mailbox process and what it says over HTTP."""

    port: int
    smtp_port: int

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return json.load(answer)

    def count(self, campaign: int) -> int:
        return int(self.get(f"/mailbox/api/count?campaign={campaign}")["messages"])

    def repeated(self, campaign: int) -> int:
        return int(self.get(f"/mailbox/api/count?campaign={campaign}")["repeated"])

    def received(self, message_id: str) -> list[Any]:
        query = urllib.parse.urlencode({"message_id": message_id})
        return list(self.get(f"/mailbox/api/messages?{query}")["deliveries"])


@dataclass
class Workers:
    """The worker processes that a test started."""

    mailbox: Mailbox
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, database: Database) -> subprocess.Popen[bytes]:
        settings = {
            "PORT": "0",
            "MARKETING_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "MARKETING_SPOOL_DIR": str(self.folder),
            "MARKETING_CHURN_URL": "http://127.0.0.1:9",
            "MARKETING_SMTP_PORT": str(self.mailbox.smtp_port),
            "MARKETING_MAIL_DOMAIN": "example.test",
            "MARKETING_TOKEN_KEY": KEY,
            "MARKETING_HEARTBEAT_SECONDS": "0.15",
            "MARKETING_SETTLE_SECONDS": "1.6",
        }
        self.processes.append(launch_program(WORKER, settings))
        return self.processes[-1]

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    port, smtp_port = free_ports(2)
    folder = tmp_path_factory.mktemp("mailbox")
    settings = {
        "PORT": str(port),
        "MARKETING_MAILBOX_SMTP_PORT": str(smtp_port),
        "MARKETING_MAILBOX_DATABASE": str(folder / "mailbox.sqlite"),
    }
    process = launch_program(MAILBOX, settings)
    mailbox = Mailbox(port, smtp_port)
    try:
        wait_until(lambda: answers(mailbox))
        yield mailbox
    finally:
        process.terminate()
        process.wait(timeout=DEADLINE_SECONDS)


@pytest.fixture
def workers(mailbox: Mailbox, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(mailbox, tmp_path)
    yield workers
    workers.end()


@pytest.mark.parametrize(
    ("database", "seed"),
    [("sqlite", 0), ("sqlite", 1), ("postgresql", 2)],
    indirect=["database"],
)
def test_a_worker_killed_in_the_middle_mails_nobody_twice_and_loses_nobody(
    database: Database, running_campaign: Launch, workers: Workers, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - moments of death, not secrets
    campaign = launch(running_campaign, database, workers.mailbox)
    kills = 2
    for _ in range(kills):
        worker = workers.start(database)
        sent = workers.mailbox.count(campaign.sendable.campaign_id)
        goal = sent + chance.randint(5, 60)
        wait_until(lambda goal=goal: workers.mailbox.count(campaign.sendable.campaign_id) >= goal)
        worker.kill()
        worker.wait()
    finish(campaign, workers)
    check(campaign, workers.mailbox, most_unknown=WINDOW * kills)


def test_two_workers_at_once_mail_nobody_twice(
    database: Database, running_campaign: Launch, workers: Workers
) -> None:
    campaign = launch(running_campaign, database, workers.mailbox)
    first = workers.start(database)
    finish(campaign, workers)
    end(first)
    check(campaign, workers.mailbox, most_unknown=0)
    assert campaign.counts()["sent"] == 200


def test_a_worker_frozen_past_its_lease_mails_nobody_twice(
    database: Database, running_campaign: Launch, workers: Workers
) -> None:
    campaign = launch(running_campaign, database, workers.mailbox)
    frozen = workers.start(database)
    wait_until(lambda: workers.mailbox.count(campaign.sendable.campaign_id) >= 10)
    frozen.send_signal(signal.SIGSTOP)
    finish(campaign, workers)
    frozen.send_signal(signal.SIGCONT)
    # It woke up, wrote what it knew and began a new life: now it could do harm.
    wait_until(lambda: is_anybody_alive(database))
    check(campaign, workers.mailbox, most_unknown=WINDOW)


@pytest.mark.parametrize(
    ("tag", "is_delivered"), [("drop-before-store", False), ("drop-after-data", True)]
)
def test_a_lost_answer_is_unknown_whether_the_mail_arrived_or_not(
    sqlite_database: Database,
    running_campaign: Launch,
    workers: Workers,
    tag: str,
    is_delivered: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    emails = [f"ann+{tag}@example.test", "bob@example.test"]
    campaign = launch(running_campaign, sqlite_database, workers.mailbox, emails=emails)
    finish(campaign, workers)
    assert campaign.counts()["unknown"] == campaign.counts()["sent"] == 1
    (row,) = unknown_rows(campaign)
    assert row.detail == "The message was complete, but the server's answer never came."
    assert len(arrived(campaign, workers.mailbox)[row.customer_id]) == int(is_delivered)


def test_each_misbehaviour_of_the_mailbox_leads_to_its_state(
    sqlite_database: Database, running_campaign: Launch, workers: Workers
) -> None:
    tags = ["421", "450once", "550"]
    emails = [f"eve+{tag}@example.test" for tag in tags]
    campaign = launch(running_campaign, sqlite_database, workers.mailbox, emails=emails)
    workers.start(sqlite_database)
    wait_until(lambda: campaign.counts().get("deferred") == 2)
    with sqlite_database.read() as conn:
        rows = list_targets(conn, campaign.plan_id, arm="treated")
    assert [(row.state, row.code) for row in rows] == [
        ("deferred", 421),
        ("deferred", 450),
        ("failed", 550),
    ]


def launch(
    running_campaign: Launch, database: Database, mailbox: Mailbox, emails: list[str] | None = None
) -> Any:
    """Launch a campaign under a number that no test before used in this mailbox."""
    used = [row["campaign"] for row in mailbox.get("/mailbox/api/count")["campaigns"]]
    number = max(used, default=0) + 1
    with database.write() as conn:
        taken = {"id": number, "slug": "taken", "status": 0, "spec": {}, "spec_digest": ""}
        conn.execute(insert(campaigns).values(**taken, author="", created_at=0))
        if database.dialect == "postgresql":
            conn.exec_driver_sql(f"SELECT setval('campaigns_id_seq', {number})")
    treated = len(emails) if emails else 200
    return running_campaign(database, treated=treated, control=20, emails=emails)


def finish(campaign: Any, workers: Workers) -> None:
    """Let a fresh worker end the campaign, then end the worker in good order."""
    worker = workers.start(campaign.database)
    wait_until(lambda: campaign.status().startswith("finished"))
    end(worker)


def end(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    assert worker.wait(DEADLINE_SECONDS) == 0


def is_anybody_alive(database: Database) -> bool:
    with database.read() as conn:
        return bool(live_workers(conn))


def launch_program(program: str, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    environ = {"PATH": os.environ["PATH"]} | settings
    return subprocess.Popen([sys.executable, "-c", program], env=environ, stdout=subprocess.DEVNULL)


def check(campaign: Any, mailbox: Mailbox, *, most_unknown: int) -> None:
    """Compare, person by person, the mailbox's ledger with the targets."""
    states, counts, ledger = campaign.states(), campaign.counts(), arrived(campaign, mailbox)
    assert mailbox.repeated(campaign.sendable.campaign_id) == 0
    assert all(len(found) <= 1 for found in ledger.values())
    assert set(counts) <= {"sent", "unknown", "control"}
    assert sum(counts.values()) == len(states) == campaign.customers
    assert counts.get("unknown", 0) <= most_unknown
    assert len(unknown_rows(campaign)) == counts.get("unknown", 0)
    for customer_id, state in states.items():
        if state == "sent":
            assert [row["received"] for row in ledger[customer_id]] == [1]
        if state == "control":
            assert ledger[customer_id] == []


def arrived(campaign: Any, mailbox: Mailbox) -> dict[int, list[Any]]:
    """Look up the Message-ID of every customer of the campaign in the mailbox."""
    message = Composer(KEY.encode(), "example.test").compile(campaign.sendable)
    with campaign.database.read() as conn:
        people = conn.exec_driver_sql("SELECT id, public_id FROM customers").all()
    return {
        customer_id: mailbox.received(message.message_id(bytes(public_id)))
        for customer_id, public_id in people
    }


def unknown_rows(campaign: Any) -> list[Any]:
    with campaign.database.read() as conn:
        return list_targets(conn, campaign.plan_id, state="unknown")


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [found.getsockname()[1] for found in sockets]
    for found in sockets:
        found.close()
    return ports


def answers(mailbox: Mailbox) -> bool:
    with suppress(OSError):
        return mailbox.get("/health/ready")["status"] == "ready"
    return False


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "The condition never came true."
        time.sleep(0.005)
