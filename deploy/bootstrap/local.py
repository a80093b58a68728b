"""`make demo`: the whole stack as local processes on loopback, with SQLite."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import ROOT, SetupError, say, step
from bootstrap.environment import venv_python
from bootstrap.processes import Processes, free_port

CUSTOMERS = 7000
CAMPAIGN = "demo"


@dataclass(frozen=True)
class Ports:
    """Where the demo listens on loopback."""

    churn: int
    marketing: int
    worker: int
    mailbox: int
    smtp: int

    @classmethod
    def choose(cls) -> "Ports":
        """Take the documented ports where they are free."""
        return cls(*(free_port(port) for port in (9696, 8081, 8082, 8083, 1025)))


def run_demo(environ: Mapping[str, str]) -> None:
    """Run a retention campaign from customers to the report and show where to look.

    Args:
        environ: `ONCE=1` ends after the report; otherwise the stack stays up until Ctrl-C.

    Raises:
        SetupError: A step failed; its output and log are shown.
    """
    began = time.monotonic()
    folder = ROOT / ".demo" / "local"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    demo = Demo(folder, Ports.choose(), Processes(folder / "logs"))
    try:
        demo.run()
        say(f"\nDone in {time.monotonic() - began:.0f} s.")
        if not environ.get("ONCE"):
            demo.show_addresses()
            say("\nThe stack stays up. Ctrl-C ends it.")
            name = demo.processes.wait_until_one_ends()
            raise SetupError(f"{name} ended.\n{demo.processes.tail(name)}")
    finally:
        demo.processes.stop()


class Demo:
    """One run: the steps a user would type, one after the other."""

    def __init__(self, folder: Path, ports: Ports, processes: Processes) -> None:
        """Keep all state below `folder`."""
        self.folder, self.ports, self.processes = folder, ports, processes

    def run(self) -> None:
        """Make customers, train, start, import, plan, launch, measure."""
        data = self.folder / "data"
        step("1/7 sample customers with known truth")
        self._command("marketing", "sample-data", "--output", str(data))
        step("2/7 train the churn model")
        training = ("--data", str(data / "train.csv"), "--config", str(data / "train.toml"))
        self._command("churn", "train", *training)
        step("3/7 start churn-service, marketing-service, worker and mailbox")
        self._start_services()
        step("4/7 import the campaign's customers")
        self._command("marketing", "customers", "import", str(data / "customers.csv"), "--wait")
        step("5/7 plan: score everyone, choose under the budget, keep a control group")
        self._command("marketing", "campaigns", "plan", str(data / "campaign.toml"))
        step("6/7 launch and wait for the mails")
        self._command("marketing", "campaigns", "launch", CAMPAIGN, "--wait")
        step("7/7 post simulated outcomes and report")
        truth = ("--truth", str(data / "truth.csv"))
        self._command("marketing", "sample-outcomes", CAMPAIGN, *truth)
        self._command("marketing", "campaigns", "report", CAMPAIGN, "--as-of", "end")

    def _start_services(self) -> None:
        ports = self.ports
        self._start("churn-service", ["churn", "serve"], ports.churn)
        self._start("mailbox", ["marketing", "mailbox"], ports.mailbox)
        self._command("marketing", "migrate")
        self._start("marketing-service", ["marketing", "web"], ports.marketing)
        self._start("worker", ["marketing", "worker"], ports.worker)
        for name, port in (
            ("churn-service", ports.churn),
            ("mailbox", ports.mailbox),
            ("marketing-service", ports.marketing),
            ("worker", ports.worker),
        ):
            self.processes.wait_until_ready(name, f"http://127.0.0.1:{port}/health/ready")
            say(f"  {name} is ready")

    def _start(self, name: str, command: list[str], port: int) -> None:
        program = str(venv_python().with_name(command[0]))
        environ = {**self.environ(), "PORT": str(port)}
        self.processes.start(name, [program, *command[1:]], environ)

    def _command(self, program: str, *arguments: str) -> None:
        """Run one command of the product as a user would; its output is shown as it comes."""
        say(f"$ {program} {' '.join(arguments)}".replace(f"{ROOT}/", ""))
        environ = {**os.environ, **self.environ()}
        command = [str(venv_python().with_name(program)), *arguments]
        done = subprocess.run(command, env=environ, check=False)
        if done.returncode:
            raise SetupError(
                f"`{program} {arguments[0]} …` ended with exit code {done.returncode}. "
                f"The logs of the services are in {self.folder / 'logs'}."
            )

    def environ(self) -> dict[str, str]:
        """Return the settings of every process and command of the demo."""
        return {
            "CHURN_MODEL_ROOT": str(self.folder / "models"),
            "MARKETING_DATABASE_URL": f"sqlite:///{self.folder / 'marketing.sqlite'}",
            "MARKETING_SPOOL_DIR": str(self.folder / "spool"),
            "MARKETING_TOKEN_KEY_FILE": str(self._token_key()),
            "MARKETING_CHURN_URL": f"http://127.0.0.1:{self.ports.churn}",
            "MARKETING_URL": f"http://127.0.0.1:{self.ports.marketing}",
            "MARKETING_SMTP_HOST": "127.0.0.1",
            "MARKETING_SMTP_PORT": str(self.ports.smtp),
            "MARKETING_MAILBOX_SMTP_PORT": str(self.ports.smtp),
            "MARKETING_MAILBOX_DATABASE": str(self.folder / "mailbox.sqlite"),
        }

    def _token_key(self) -> Path:
        path = self.folder / "token-key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        return path

    def show_addresses(self) -> None:
        """Print the pages a person can open now."""
        say(f"""
  score a customer   http://127.0.0.1:{self.ports.churn}/score
  the mails          http://127.0.0.1:{self.ports.mailbox}/mailbox
  the API            http://127.0.0.1:{self.ports.marketing}/v1/campaigns/{CAMPAIGN}
  data and logs      {self.folder}""")
