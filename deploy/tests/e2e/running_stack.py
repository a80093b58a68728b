"""A checkout of its own with a running stack, as the tests of this folder see it."""

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap.console import ROOT

PROJECT = "retention-e2e"
COMMAND_SECONDS = 900
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
# The README's commands, then `up` and `campaign` once more: both may be repeated.
AGAIN = ("make up", "make campaign")


def readme_commands() -> list[str]:
    """Return every command that the README shows, in order."""
    blocks = FENCE.findall((ROOT / "README.md").read_text())
    return [command for block in blocks for command in commands_of(block)]


def commands_of(block: str) -> list[str]:
    """Split a block into commands; one that goes on over several lines stays whole."""
    if block.startswith("curl"):
        return [block]
    return block.splitlines()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        parsed: dict[str, object] = json.loads(self.body)
        return parsed


@dataclass
class Stack:
    """A checkout of its own with a running stack."""

    folder: Path
    port: int
    done: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        settings = {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "GATEWAY_PORT": str(self.port),
            "MARKETING_SETTLE_SECONDS": "2",
            "ONCE": "1",
            "YES": "1",
        }
        return {**os.environ, **settings}

    def run(self, command: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command in the checkout, as a user would type it."""
        here = command.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")
        return subprocess.run(
            ["bash", "-c", here.replace(".demo/api-key", f".demo/{PROJECT}/api-key")],
            cwd=self.folder,
            env={**self.environ, **extra},
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def must(self, command: str, **extra: str) -> str:
        """Run a command that must succeed; return what it printed."""
        done = self.run(command, **extra)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    @property
    def key_file(self) -> Path:
        return self.folder / ".demo" / PROJECT / "api-key"

    def key(self) -> str:
        return self.key_file.read_text().strip()

    def ask(
        self,
        path: str,
        *,
        key: str | None = None,
        body: object = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send one request through the gateway; errors are answers too, bytes go as they are."""
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address)
        request.add_header("X-API-Key", self.key() if key is None else key)
        if body is not None:
            request.add_header("Content-Type", content_type)
            request.data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - loopback
                return Answer(reply.status, dict(reply.headers), reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def container(self, service: str) -> str:
        return self.must(f"docker compose ps --quiet {service}").strip()

    def inspect(self, service: str) -> dict[str, object]:
        text = self.must(f"docker inspect {self.container(service)}")
        found: dict[str, object] = json.loads(text)[0]
        return found
