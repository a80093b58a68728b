"""What kind of machine this is, and what of an engine it has; looking changes nothing."""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.commands import Commands

OLDEST_DEBIAN = 12
OLDEST_UBUNTU = 22


@dataclass(frozen=True)
class Engine:
    """What was found of a container engine; version texts are empty when missing."""

    version: str = ""
    denied: bool = False
    installed: bool = False
    from_distribution: bool = False
    compose: str = ""
    buildx: str = ""

    @property
    def answers(self) -> bool:
        """Return whether the engine itself answered, not only a client."""
        return bool(self.version)


@dataclass(frozen=True)
class Machine:
    """The facts on which a plan depends."""

    system: str
    release: Mapping[str, str]
    is_root: bool
    has_sudo: bool
    has_systemd: bool
    engine: Engine
    needs_apparmor: bool = False
    venv_package: str = ""

    @property
    def name(self) -> str:
        """Return what a person calls this system."""
        return self.release.get("PRETTY_NAME") or self.system

    @property
    def distribution(self) -> str:
        """Return `debian` or `ubuntu` where the set-up knows the way, else nothing."""
        found = self.release.get("ID", "") if self.system == "Linux" else ""
        oldest = {"debian": OLDEST_DEBIAN, "ubuntu": OLDEST_UBUNTU}.get(found, sys.maxsize)
        return found if self.number >= oldest else ""

    @property
    def number(self) -> int:
        """Return the first number of the release; unstable, which has none, is the newest."""
        text = self.release.get("VERSION_ID", "").split(".")[0]
        return int(text) if text.isdecimal() else sys.maxsize - 1

    @property
    def codename(self) -> str:
        """Return the name under which a mirror keeps this release."""
        return self.release.get("VERSION_CODENAME", "")

    @property
    def may_install(self) -> bool:
        """Return whether this user can become root."""
        return self.is_root or self.has_sudo


def look(commands: Commands, root: Path = Path("/")) -> Machine:
    """Collect the facts.

    Args:
        commands: How programs are asked.
        root: The file system's root; tests hand in a folder.
    """
    user_id = os.geteuid() if hasattr(os, "geteuid") else -1
    return Machine(
        system=platform.system(),
        release=read_release(root / "etc/os-release"),
        is_root=user_id == 0,
        has_sudo=bool(user_id and shutil.which("sudo")),
        has_systemd=(root / "run/systemd/system").is_dir(),
        engine=look_for_engine(commands, root),
        needs_apparmor=_needs_apparmor(root),
        venv_package=missing_venv_package(),
    )


def read_release(path: Path) -> dict[str, str]:
    """Return the fields of an os-release file; nothing where there is none."""
    if not path.is_file():
        return {}
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def look_for_engine(commands: Commands, root: Path = Path("/")) -> Engine:
    """Ask the engine itself; a client without an engine does not count."""
    version = commands.answer("docker", "info", "--format", "{{.ServerVersion}}") or ""
    socket = root / "var/run/docker.sock"
    status = commands.answer("dpkg-query", "-W", "-f", "${db:Status-Status}", "docker.io")
    return Engine(
        version=version,
        denied=bool(not version and socket.exists() and not os.access(socket, os.W_OK)),
        installed=any((root / place / "dockerd").exists() for place in ("usr/sbin", "usr/bin")),
        from_distribution=status == "installed",
        compose=commands.answer("docker", "compose", "version", "--short") or "",
        buildx=commands.answer("docker", "buildx", "version") or "",
    )


def missing_venv_package() -> str:
    """Return the package that completes Python's venv module; empty when it is complete."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return ""
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"


def _needs_apparmor(root: Path) -> bool:
    """Return whether the kernel asks for profiles that no program here can load."""
    enabled = root / "sys/module/apparmor/parameters/enabled"
    parser = root / "sbin/apparmor_parser"
    return enabled.exists() and enabled.read_text().startswith("Y") and not parser.exists()
