import http.client
import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway_keys.scopes import SCOPES

HERE = Path(__file__).resolve().parent
GATEWAY = HERE.parents[1]
START_SECONDS = 20
HARDENING = [
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges:true",
    "--user=101:101",
    "--tmpfs=/tmp:noexec,nosuid,nodev,size=128m",
    "--tmpfs=/run/gateway:mode=0700,uid=101,gid=101",
    "--memory=384m",
    "--pids-limit=64",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.engine)


def docker(*words: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["docker", *words],
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=300,
    )
    if check and done.returncode:
        pytest.fail(f"docker {' '.join(words[:3])} failed: {done.stderr[-2000:]}")
    return done


def wait_for(claim: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


@dataclass
class Answer:
    """What came back: a status, headers in lower case, a body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """The problem type's name; the whole form of the answer is checked on the way."""
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.headers["cache-control"] == "no-store"
        assert self.headers["x-content-type-options"] == "nosniff"
        document = json.loads(self.body)
        assert document["status"] == self.status
        number = document["instance"].removeprefix("urn:uuid:").replace("-", "")
        assert number == self.headers["x-request-id"]
        name: str = document["type"].removeprefix("/problems/")
        return name


@dataclass
class Door:
    """A gateway's published port, spoken to in raw bytes."""

    name: str
    port: int

    def send(self, data: bytes, seconds: float = 8) -> Answer | None:
        """Send bytes as they are; None when the connection was closed without an answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as conn:
            with suppress(ConnectionError):
                conn.sendall(data)
            method = data.split(b" ", 1)[0].decode("latin-1")
            response = http.client.HTTPResponse(conn, method=method)
            try:
                response.begin()
            except (http.client.HTTPException, ConnectionError):
                return None
            names = {name.lower(): value for name, value in response.getheaders()}
            body = response.read()
        return Answer(response.status, names, body)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Make one well-formed request on its own connection; `a_b` becomes `a-b`."""
        fields = {"host": "localhost", "connection": "close"}
        if body or method in {"POST", "PUT", "PATCH"}:
            fields["content-length"] = str(len(body))
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items()), "", ""]
        answer = self.send("\r\n".join(lines).encode("latin-1") + body)
        assert answer is not None, "the connection was closed without an answer"
        return answer


class Recorder:
    """The service behind the gateway: what it saw, and how it behaves."""

    def __init__(self, port: int) -> None:
        self._port = port

    def seen(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._call("GET"))
        return found

    def behave(self, **behaviour: object) -> None:
        self._call("PUT", json.dumps(behaviour))

    def _call(self, method: str, body: str | None = None) -> bytes:
        conn = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            conn.request(method, "/", body)
            return conn.getresponse().read()
        finally:
            conn.close()


@dataclass
class Stack:
    """One installation on a network of its own; everything is named after `name`."""

    name: str
    gateway_image: str
    keys_image: str
    python_image: str
    secrets: dict[str, str] = field(default_factory=dict)
    containers: list[str] = field(default_factory=list)

    def volumes(self) -> list[str]:
        return [f"{self.name}-{part}" for part in ("store", "seed", "admin")]

    def run(self, name: str, *words: str) -> str:
        full = f"{self.name}-{name}"
        self.containers.append(full)
        docker("run", "--detach", f"--name={full}", *words)
        return full

    def start_recorder(self) -> Recorder:
        aliases = ("churn-service", "marketing-service", "mailbox")
        full = self.run(
            "recorder",
            f"--network={self.name}",
            *(f"--network-alias={alias}" for alias in aliases),
            "--publish=127.0.0.1::9090",
            self.python_image,
            "python",
            "-c",
            (HERE / "recorder.py").read_text(),
        )
        return Recorder(port_of(full, 9090))

    def start_keys(self) -> None:
        store, seed, admin = self.volumes()
        self.run(
            "keys",
            "--network=none",
            *HARDENING,
            f"--volume={store}:/var/lib/gateway-keys",
            f"--volume={seed}:/var/lib/gateway-seed",
            f"--volume={admin}:/run/admin",
            "--entrypoint=sleep",
            self.keys_image,
            "infinity",
        )

    def start_gateway(self, name: str, *options: str, network: str = "") -> Door:
        _, seed, admin = self.volumes()
        full = self.run(
            name,
            f"--network={network or self.name}",
            f"--hostname={name}",
            *HARDENING,
            f"--volume={seed}:/var/lib/gateway-seed:ro",
            f"--volume={admin}:/run/admin",
            "--publish=127.0.0.1::8080",
            *options,
            self.gateway_image,
        )
        door = Door(full, port_of(full, 8080))
        wait_for(lambda: is_alive(door), f"the gateway {full} answers")
        return door

    def keys(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = ["python", "-m", "gateway_keys", *words]
        return docker("exec", "-i", f"{self.name}-keys", *command, stdin=stdin, check=False)

    def make_key(self, name: str, *words: str) -> tuple[str, str]:
        """Make a key and return its id and its secret, which the canary test looks for."""
        plan = [] if "--plan" in words else ["--plan", "internal"]
        made = self.keys("create", "--name", name, "--owner", "ann", "--json", *plan, *words)
        assert made.returncode == 0, made.stderr
        document = json.loads(made.stdout)
        self.secrets[name] = document["key"]
        return document["id"], document["key"]

    def execute(self, door: Door, *words: str) -> str:
        return docker("exec", door.name, *words).stdout

    def logs(self, door: Door) -> str:
        done = docker("logs", door.name)
        return done.stdout + done.stderr

    def inspect(self, door: Door) -> str:
        return docker("inspect", door.name).stdout

    def health(self, door: Door) -> str:
        return docker("inspect", "-f", "{{.State.Health.Status}}", door.name).stdout.strip()

    def stored_bytes(self) -> str:
        script = "cat /var/lib/gateway-keys/* /var/lib/gateway-seed/* | tr -d '\\0'"
        return docker("exec", f"{self.name}-keys", "sh", "-c", script).stdout

    def kill_and_start(self, door: Door) -> None:
        """Kill a gateway without warning, so that its socket file stays, and start it."""
        docker("kill", door.name)
        docker("start", door.name)
        door.port = port_of(door.name, 8080)
        wait_for(lambda: is_alive(door), f"{door.name} answers again")

    def stop(self, door: Door) -> None:
        docker("rm", "--force", door.name)

    def try_gateway(
        self, script: str, *, executable_tmp: bool = False, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell script in the gateway's image and return how it ended."""
        mode = "exec" if executable_tmp else "noexec"
        return docker(
            "run",
            "--rm",
            "--network=none",
            *(word for word in HARDENING if not word.startswith("--tmpfs=/tmp")),
            f"--tmpfs=/tmp:{mode}",
            "--tmpfs=/run/admin:mode=0700,uid=101,gid=101",
            *(f"--env={name}={value}" for name, value in settings.items()),
            "--entrypoint=sh",
            self.gateway_image,
            "-c",
            script,
            check=False,
        )

    def remove(self) -> None:
        for container in self.containers:
            docker("rm", "--force", "--volumes", container, check=False)
        for volume in self.volumes():
            docker("volume", "rm", "--force", volume, check=False)
        docker("network", "rm", self.name, check=False)


def port_of(container: str, inner: int) -> int:
    where = docker("port", container, f"{inner}/tcp", check=False).stdout
    if not where.strip():
        pytest.fail(f"{container} does not run: {docker('logs', container).stderr[-2000:]}")
    return int(where.split(":")[1].split()[0])


def is_alive(door: Door) -> bool:
    with suppress(OSError):
        answer = door.send(
            b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        return answer is not None and answer.status == 200
    return False


def build(dockerfile: str, *arguments: str) -> str:
    file = str(GATEWAY / dockerfile)
    return docker("build", "-q", *arguments, "-f", file, str(GATEWAY)).stdout.strip()


@pytest.fixture(scope="session")
def engine() -> None:
    reason = "no container engine answers `docker info`; start one to run the gateway tests"
    try:
        answers = docker("info", check=False).returncode == 0
    except FileNotFoundError:
        answers = False
    if not answers and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if not answers:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def stack(engine: None) -> Iterator[Stack]:
    del engine
    nginx = os.environ.get("NGINX_IMAGE", "nginx:1.30")
    python = os.environ.get("PYTHON_IMAGE", "python:3.13-slim")
    built = Stack(
        name=f"gateway-test-{os.getpid()}-{secrets.token_hex(3)}",
        gateway_image=build("Dockerfile", f"--build-arg=NGINX_IMAGE={nginx}"),
        keys_image=build("Dockerfile.keys", f"--build-arg=PYTHON_IMAGE={python}"),
        python_image=python,
    )
    try:
        docker("network", "create", built.name)
        built.start_keys()
        yield built
    finally:
        built.remove()


@pytest.fixture(scope="session")
def made_keys(stack: Stack) -> dict[str, tuple[str, str]]:
    """Keys by what they are for: one per scope, and one for each way to be refused."""
    keys = {scope: stack.make_key(scope, "--scope", scope) for scope in SCOPES}
    for name, words in {"expired": ["--ttl", "1s"], "disabled": [], "revoked": []}.items():
        keys[name] = stack.make_key(name, "--role", "admin", *words)
    stack.keys("disable", keys["disabled"][0])
    stack.keys("revoke", keys["revoked"][0], "--reason", "test")
    keys["demo"] = stack.make_key("demo", "--role", "demo")
    wait_for(
        lambda: "expired" in stack.keys("list").stdout, "the key with a second to live expires"
    )
    return keys


@pytest.fixture(scope="session")
def recorder_of_session(stack: Stack) -> Recorder:
    return stack.start_recorder()


@pytest.fixture
def recorder(recorder_of_session: Recorder) -> Iterator[Recorder]:
    recorder_of_session.seen()
    yield recorder_of_session
    recorder_of_session.behave()


@pytest.fixture(scope="session")
def door(
    stack: Stack, recorder_of_session: Recorder, made_keys: dict[str, tuple[str, str]]
) -> Door:
    del recorder_of_session, made_keys
    return stack.start_gateway("gateway", "--env=GATEWAY_MAILBOX=1")


@pytest.fixture
def until() -> Callable[..., None]:
    return wait_for


@pytest.fixture
def lonely_network(stack: Stack) -> Iterator[str]:
    """A network without any service."""
    name = f"{stack.name}-lonely"
    docker("network", "create", name)
    yield name
    docker("network", "rm", name, check=False)
