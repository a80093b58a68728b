"""What the machine lacks for the compose stack, each finding with its cure."""

import os
import platform
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bootstrap.console import ROOT, SetupError, say
from bootstrap.env_file import ENV_FILE, with_own_lines
from bootstrap.host import (
    Finding,
    check_cgroups,
    check_clock,
    check_disk,
    check_memory,
    check_modules,
    check_venv,
)
from bootstrap.images import BaseImage, stack_images
from bootstrap.machine import missing_venv_package

OLDEST_ENGINE = (20, 10)
OLDEST_COMPOSE = (2, 24)
OLDEST_BUILDX = (0, 10)
DEFAULT_PORT = 8080


def run_all(environ: Mapping[str, str]) -> None:
    """Print what is found for the stack, and for `make demo` and `make test` as well."""
    run(environ, [check_venv(missing_venv_package())])


def run(environ: Mapping[str, str], others: Sequence[Finding] = ()) -> None:
    """Print every finding; fail when one of them needs a cure.

    Raises:
        SetupError: At least one check failed.
    """
    findings = [*others, *examine(environ)]
    for finding in findings:
        say(finding.lines())
    if any(finding.cure for finding in findings):
        raise SetupError("The stack cannot start here yet; `make demo` needs no engine.")


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Return what was found, in the order in which one would mend it."""
    findings = examine_host()
    engine = check_engine()
    findings.append(engine)
    if engine.cure:
        return findings
    findings += [
        check_compose(_output("docker", "compose", "version", "--short")),
        check_buildx(_output("docker", "buildx", "version")),
        check_port(gateway_port(environ)),
    ]
    seen = with_own_lines(ENV_FILE, environ)
    findings += [check_image(image, seen) for image in stack_images()]
    return findings


def examine_host() -> list[Finding]:
    """Return what was found of the machine itself; kernel questions only where one is ours."""
    newest = (ROOT / "compose.yaml").stat().st_mtime
    engine_time = _output("docker", "info", "--format", "{{.SystemTime}}")
    findings = [
        check_clock(time.time(), newest, engine_time),
        check_disk(shutil.disk_usage(ROOT).free),
        check_memory(Path("/proc/meminfo")),
    ]
    if platform.system() == "Linux":
        findings.append(check_cgroups(Path("/sys/fs/cgroup")))
        findings.append(check_modules(Path("/"), os.uname().release))
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
    if not version:
        cure = "`make bootstrap` installs and starts one, or says what to install"
        return Finding("engine", "no answer from `docker info`", cure)
    return judge("engine", "Docker Engine", version, OLDEST_ENGINE)


def check_compose(version: str) -> Finding:
    """Judge the version text of the Compose plugin."""
    return judge("compose", "Docker Compose", version, OLDEST_COMPOSE)


def check_buildx(version: str) -> Finding:
    """Judge what the Buildx plugin says of itself; a build without a number passes."""
    number = re.search(r"\d+\.\d+[.\w+~-]*", version)
    if version and not number:
        return Finding("buildx", version)
    return judge("buildx", "Docker Buildx", number[0] if number else "", OLDEST_BUILDX)


def judge(subject: str, name: str, version: str, oldest: tuple[int, int]) -> Finding:
    """Compare a version text with the oldest that works."""
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if numbers >= oldest:
        return Finding(subject, f"{name} {version}")
    needed = ".".join(map(str, oldest))
    cure = f"install {name} {needed} or newer: docs/how-to/install.md"
    return Finding(subject, version or "missing", cure)


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


def check_image(image: BaseImage, environ: Mapping[str, str]) -> Finding:
    """See whether a base image is here; when it is not, `make up` gets it."""
    own = environ.get(image.variable)
    candidates = [own] if own else [image.public, image.local]
    for tag in candidates:
        if _output("docker", "image", "inspect", "--format", "{{.Id}}", tag):
            return Finding("image", f"{tag} is here")
    detail = f"{candidates[0]} is not here yet; `make up` pulls it"
    return Finding("image", detail if own else f"{detail}, or builds it where no registry answers")


def _output(*command: str) -> str:
    """Return what a command printed, or nothing when it failed or does not exist."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
