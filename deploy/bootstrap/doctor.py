"""What the machine lacks for the compose stack, each finding with its cure."""

import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import ROOT, SetupError, say

NEEDED_DISK_GB = 4
NEEDED_MEMORY_GB = 2
OLDEST_COMPOSE = (2, 24)
PULL_SECONDS = 300
DEFAULT_PORT = 8080
BASE_IMAGES = {
    "PYTHON_IMAGE": "python:3.13-slim",
    "NGINX_IMAGE": "nginx:1.30",
    "POSTGRES_IMAGE": "postgres:17",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `cure` is empty when it is good."""

    subject: str
    detail: str
    cure: str = ""

    def lines(self) -> str:
        """Return what a person reads: the finding, and its cure below it."""
        if self.cure:
            return f" no  {self.subject}: {self.detail}\n     cure: {self.cure}"
        return f" ok  {self.subject}: {self.detail}"


def run(environ: Mapping[str, str]) -> None:
    """Print every finding; fail when one of them needs a cure.

    Raises:
        SetupError: At least one check failed.
    """
    findings = examine(environ)
    for finding in findings:
        say(finding.lines())
    if any(finding.cure for finding in findings):
        raise SetupError("The stack cannot start here yet; `make demo` needs no engine.")


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Return what was found, in the order in which one would mend it."""
    findings = [check_disk(shutil.disk_usage(ROOT).free), check_memory(Path("/proc/meminfo"))]
    engine = check_engine()
    findings.append(engine)
    if engine.cure:
        return findings
    findings += [check_compose(_output("docker", "compose", "version", "--short")), check_buildx()]
    findings.append(check_port(gateway_port(environ)))
    findings += [check_image(environ.get(key, tag)) for key, tag in BASE_IMAGES.items()]
    return findings


def gateway_port(environ: Mapping[str, str]) -> int:
    """Return the one published port.

    Raises:
        SetupError: `GATEWAY_PORT` is no port.
    """
    text = environ.get("GATEWAY_PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise SetupError(f"GATEWAY_PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_engine() -> Finding:
    """Ask the engine itself; a client without an engine does not count."""
    version = _output("docker", "info", "--format", "{{.ServerVersion}}")
    if version:
        return Finding("engine", f"Docker Engine {version}")
    cure = "install Docker Engine with the Compose and Buildx plugins, start it, and check with "
    return Finding("engine", "no answer from `docker info`", f"{cure}`docker info`")


def check_compose(version: str) -> Finding:
    """Judge the version text of the Compose plugin."""
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if numbers >= OLDEST_COMPOSE:
        return Finding("compose", f"Compose {version}")
    needed = ".".join(map(str, OLDEST_COMPOSE))
    return Finding("compose", version or "missing", f"install Docker Compose {needed} or newer")


def check_buildx() -> Finding:
    """Look for the Buildx plugin."""
    version = _output("docker", "buildx", "version")
    cure = "" if version else "install the Docker Buildx plugin"
    return Finding("buildx", version or "missing", cure)


def check_port(port: int) -> Finding:
    """See whether the gateway's port is free or already ours."""
    subject, ours = "port", _output("docker", "compose", "ps", "--quiet", "gateway")
    if ours or port_is_free(port):
        return Finding(subject, f"127.0.0.1:{port} {'is our gateway' if ours else 'is free'}")
    cure = "stop the program that listens there, or choose another: GATEWAY_PORT=8090 make up"
    return Finding(subject, f"127.0.0.1:{port} is taken", cure)


def port_is_free(port: int) -> bool:
    """Return whether a listener could be bound on the loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def check_disk(free_bytes: int) -> Finding:
    """Judge the free disk space, in bytes."""
    free = free_bytes / 1e9
    cure = "" if free >= NEEDED_DISK_GB else f"free {NEEDED_DISK_GB} GB (`docker system df`)"
    return Finding("disk", f"{free:.1f} GB free", cure)


def check_memory(meminfo: Path) -> Finding:
    """Judge the available memory as the kernel states it; unknown elsewhere."""
    found = meminfo.exists() and re.search(r"MemAvailable: +(\d+) kB", meminfo.read_text())
    if not found:
        return Finding("memory", "not known on this system")
    gigabytes = int(found[1]) / 1e6
    cure = "" if gigabytes >= NEEDED_MEMORY_GB else f"close programs; {NEEDED_MEMORY_GB} GB needed"
    return Finding("memory", f"{gigabytes:.1f} GB available", cure)


def check_image(tag: str) -> Finding:
    """See whether a base image is here or can be pulled."""
    if _output("docker", "image", "inspect", "--format", "{{.Id}}", tag):
        return Finding("image", f"{tag} is here")
    say(f"     pulling {tag}")
    if _succeeds("docker", "pull", "--quiet", tag):
        return Finding("image", f"{tag} pulled")
    cure = "make a registry reachable, or load the image from elsewhere: docker load -i FILE"
    return Finding("image", f"{tag} is neither here nor to be pulled", cure)


def require_engine_in_ci(environ: Mapping[str, str]) -> None:
    """Fail in CI, and only say so elsewhere, when the container tests cannot run.

    Raises:
        SetupError: There is no engine and `CI=true`.
    """
    finding = check_engine()
    if not finding.cure:
        return
    text = "container tests skipped: no engine answers. To run them: start one, then `make test`"
    if environ.get("CI") == "true":
        raise SetupError(f"{text}\nWith CI=true that is a failure. Cure: {finding.cure}")
    say(text)


def _output(*command: str) -> str:
    """Return what a command printed, or nothing when it failed or does not exist."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _succeeds(*command: str) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=PULL_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
