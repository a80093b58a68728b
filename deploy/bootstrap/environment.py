"""The Python environment of the checkout: made once, renewed when a lock changes."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from bootstrap.console import ROOT, SetupError, say, step

DEMO_LOCKS = (
    "churn-service/requirements-train.txt",
    "marketing-service/requirements.txt",
    "deploy/bootstrap/requirements-build.txt",
)
DEV_LOCKS = (*DEMO_LOCKS, "loadtests/requirements.txt", "deploy/bootstrap/requirements-dev.txt")
DEMO_PROJECTS = (
    "packages/churn-contract",
    "packages/service-kit",
    "churn-service",
    "marketing-service",
)
DEV_PROJECTS = (*DEMO_PROJECTS, "gateway", "loadtests")
SETS = {"demo": (DEMO_LOCKS, DEMO_PROJECTS), "dev": (DEV_LOCKS, DEV_PROJECTS)}


def venv_python(root: Path = ROOT) -> Path:
    """Return the interpreter of the checkout's virtual environment."""
    return root / ".venv" / "bin" / "python"


def fingerprint(name: str, root: Path = ROOT) -> str:
    """Return a hash over everything that decides what is installed for a set."""
    locks, projects = SETS[name]
    digest = hashlib.sha256(f"{name} {sys.version}".encode())
    for path in (*locks, *(f"{project}/pyproject.toml" for project in projects)):
        digest.update((root / path).read_bytes())
    return digest.hexdigest()


def ensure_environment(name: str, root: Path = ROOT) -> None:
    """Make or renew `.venv` so that it holds the named set of packages.

    Args:
        name: `demo` (what the product runs) or `dev` (tests and tools as well).
        root: The checkout.

    Raises:
        SetupError: venv is missing, or a download failed.
    """
    stamp = root / ".venv" / f".installed-{name}"
    wanted = fingerprint(name, root)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    step(f"Python environment .venv ({name})")
    if not venv_python(root).exists():
        _run([sys.executable, "-m", "venv", str(root / ".venv")], _venv_cure())
    _install(name, root)
    stamp.write_text(wanted)


def _install(name: str, root: Path) -> None:
    """Install the locked packages, then our own folders without any index."""
    locks, projects = SETS[name]
    pip = [str(venv_python(root)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    requirements = [part for lock in locks for part in ("-r", str(root / lock))]
    cure = "Is a package index reachable? `pip config list` shows which one is used."
    _run([*pip, "--require-hashes", *requirements], cure)
    folders = [part for project in projects for part in ("-e", str(root / project))]
    # Our names are not ours on a public index, so none may be asked for them.
    local = ["--no-deps", "--no-index", "--no-build-isolation"]
    _run([*pip, *local, *folders], "Delete .venv and try again.")


def _venv_cure() -> str:
    major, minor = sys.version_info[:2]
    return (
        "Python's venv module is incomplete here. "
        f"On Debian and Ubuntu: apt-get install python{major}.{minor}-venv"
    )


def _run(command: list[str], cure: str) -> None:
    """Run a command quietly; when it fails show what it printed and the cure."""
    environ = {**os.environ, "PIP_NO_INPUT": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        say((done.stdout + done.stderr).strip()[-2000:])
        raise SetupError(f"{' '.join(command[:4])} … failed. {cure}")
