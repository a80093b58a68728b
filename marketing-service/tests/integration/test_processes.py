"""The stack as real local processes on loopback; the worker is killed in mid-campaign."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

WaitUntil = Callable[[Callable[[], Any]], Any]
BIN = Path(sys.executable).parent
CUSTOMERS = 1_500


class Stack:
    """Processes over one folder; the ports are the system's choice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = dict(
            zip(("churn", "web", "worker", "mailbox", "smtp"), _ports(5), strict=True)
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environ = {
            "PATH": os.environ["PATH"],
            "CHURN_MODEL_ROOT": str(folder / "models"),
            "MARKETING_URL": self.url("web"),
            "MARKETING_DATABASE_URL": f"sqlite:///{folder / 'marketing.sqlite'}",
            "MARKETING_SPOOL_DIR": str(folder / "spool"),
            "MARKETING_CHURN_URL": self.url("churn"),
            "MARKETING_TOKEN_KEY": "t" * 32,
            "MARKETING_SETTLE_SECONDS": "2",
            "MARKETING_HEARTBEAT_SECONDS": "0.2",
            "MARKETING_SMTP_PORT": str(self.ports["smtp"]),
            "MARKETING_MAILBOX_SMTP_PORT": str(self.ports["smtp"]),
            "MARKETING_MAILBOX_DATABASE": str(folder / "mailbox.sqlite"),
        }

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def run(self, *command: str, status: int = 0) -> str:
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            env=self.environ, cwd=self.folder, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def start(self, name: str, *command: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        with log:
            self.processes[name] = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                env=self.environ | {"PORT": str(self.ports[name])},
                cwd=self.folder, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def is_ready(self, name: str) -> bool:
        try:
            return requests.get(f"{self.url(name)}/health/ready", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        process = self.processes.pop(name)
        os.killpg(process.pid, number)
        return process.wait(30)

    def campaign(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(
            f"{self.url('web')}/v1/campaigns/demo", timeout=5
        ).json()
        return found


def _ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


@pytest.fixture
def stack(tmp_path: Path, wait_until: WaitUntil) -> Iterator[Stack]:
    stack = Stack(tmp_path)
    stack.run("marketing", "sample-data", "--output", "data", "--customers", str(CUSTOMERS))
    stack.run("churn", "train", "--data", "data/train.csv", "--config", "data/train.toml")
    stack.run("marketing", "migrate")
    try:
        stack.start("churn", "churn", "serve")
        for name in ("web", "worker", "mailbox"):
            stack.start(name, "marketing", name)
        for name in ("churn", "web", "worker", "mailbox"):
            wait_until(lambda name=name: stack.is_ready(name))  # type: ignore[misc]  # bound now
        yield stack
    finally:
        for name in list(stack.processes):
            stack.kill(name)


@pytest.mark.slow
def test_a_killed_worker_mails_nobody_twice_and_loses_nobody(
    stack: Stack, wait_until: WaitUntil
) -> None:
    stack.run("marketing", "customers", "import", "data/customers.csv", "--wait")
    stack.run("marketing", "campaigns", "plan", "data/campaign.toml")
    planned = stack.campaign()
    targets = planned["counts"]["queued"]
    stack.run("marketing", "campaigns", "launch", "demo", "--expect", planned["digest"])
    wait_until(lambda: stack.campaign()["counts"].get("sent", 0) > 0)
    stack.kill("worker")
    stack.start("worker", "marketing", "worker")
    wait_until(lambda: stack.campaign()["status"].startswith("finished"))
    counts = stack.campaign()["counts"]
    unknown = counts.get("unknown", 0)
    assert counts["sent"] + unknown == targets
    assert unknown <= 16
    mails = requests.get(
        f"{stack.url('mailbox')}/mailbox/api/count?campaign={planned['number']}", timeout=5
    ).json()
    assert mails["repeated"] == 0
    assert counts["sent"] <= mails["messages"] <= targets
    again = stack.run("marketing", "campaigns", "launch", "demo", "--json")
    assert json.loads(again)["counts"] == counts
    stack.run("marketing", "sample-outcomes", "demo", "--truth", "data/truth.csv")
    assert "control" in stack.run("marketing", "campaigns", "report", "demo")
    assert stack.kill("worker", signal.SIGTERM) == 0
