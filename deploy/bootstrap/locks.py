"""Requirement locks: compile them, and compare them with a fresh compile."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import ROOT, SetupError, say
from bootstrap.environment import venv_python

OUR_NAMES = ("churn-contract", "service-kit")


@dataclass(frozen=True)
class Lock:
    """One hash-locked file, what it is compiled from and which pins it must share."""

    target: str
    source: str
    extras: tuple[str, ...] = ()
    agrees_with: tuple[str, ...] = ()


SERVE = "churn-service/requirements.txt"
ARROW = "churn-service/requirements-arrow.txt"
TRAIN = "churn-service/requirements-train.txt"
MARKETING = "marketing-service/requirements.txt"
LOADTESTS = "loadtests/requirements.txt"
DEV = "deploy/bootstrap/requirements-dev.txt"
LOCKS = (
    Lock(SERVE, "churn-service/pyproject.toml", ("sign",)),
    Lock(ARROW, "churn-service/pyproject.toml", ("sign", "arrow"), (SERVE,)),
    Lock(
        TRAIN,
        "churn-service/pyproject.toml",
        ("train", "parquet", "export", "sign"),
        (SERVE, ARROW),
    ),
    Lock(MARKETING, "marketing-service/pyproject.toml", (), (TRAIN,)),
    Lock(LOADTESTS, "loadtests/pyproject.toml", (), (TRAIN, MARKETING)),
    Lock("gateway/requirements.txt", "gateway/pyproject.toml"),
    Lock(DEV, "deploy/bootstrap/requirements-dev.in", (), (TRAIN, MARKETING, LOADTESTS)),
    Lock(
        "deploy/bootstrap/requirements-build.txt",
        "deploy/bootstrap/requirements-build.in",
        (),
        (DEV,),
    ),
    Lock("benchmarks/requirements.txt", "benchmarks/requirements.in", (), (TRAIN,)),
)


def compile_locks(root: Path, *, upgrade: bool) -> None:
    """Compile every lock in place; pins move only with `upgrade`."""
    for lock in LOCKS:
        _compile(lock, root, root, upgrade=upgrade)
        say(f"locked {lock.target}")


def _compile(lock: Lock, root: Path, out: Path, *, upgrade: bool) -> None:
    """Run uv for one lock; it never writes an index or a download address."""
    command = [str(venv_python(ROOT)), "-m", "uv", "pip", "compile", lock.source, "--quiet"]
    command += ["--universal", "--python-version", "3.11", "--fork-strategy", "fewest"]
    command += ["--generate-hashes", "--custom-compile-command", "make lock"]
    command += [f"--no-emit-package={name}" for name in OUR_NAMES]
    command += [f"--extra={extra}" for extra in lock.extras]
    command += [f"--constraints={out / other}" for other in lock.agrees_with]
    command += ["--upgrade"] * upgrade
    command += ["--output-file", str(out / lock.target)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(f"{lock.target} does not compile: {done.stderr.strip()}")
    _forget_paths(out / lock.target, out)


def _forget_paths(lock: Path, out: Path) -> None:
    """Write constraint paths relative, so that the file is the same on every machine."""
    lock.write_text(lock.read_text().replace(f"{out}/", ""))


def compare_locks(root: Path) -> None:
    """Recompile to a fresh folder and refuse any difference.

    Raises:
        SetupError: A lock is not what its sources compile to; names it.
    """
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        for lock in LOCKS:
            target = fresh / lock.target
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((root / lock.target).read_bytes())
            _compile(lock, root, fresh, upgrade=False)
            if target.read_bytes() != (root / lock.target).read_bytes():
                raise SetupError(f"{lock.target} is stale. Cure: make lock")
    say("every lock equals a fresh compile")
