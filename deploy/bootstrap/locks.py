"""Requirement locks: compile them, check them offline, compare them with a fresh compile."""

import re
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import ROOT, SetupError, say
from bootstrap.environment import venv_python

OUR_NAMES = ("churn-contract", "service-kit")
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Lock:
    """One hash-locked file, what it is compiled from and which pins it must share."""

    target: str
    source: str
    extras: tuple[str, ...] = ()
    agrees_with: tuple[str, ...] = ()


SERVE = "churn-service/requirements.txt"
TRAIN = "churn-service/requirements-train.txt"
MARKETING = "marketing-service/requirements.txt"
LOADTESTS = "loadtests/requirements.txt"
DEV = "deploy/bootstrap/requirements-dev.txt"
LOCKS = (
    Lock(SERVE, "churn-service/pyproject.toml"),
    Lock(TRAIN, "churn-service/pyproject.toml", ("train",), (SERVE,)),
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


def check_locks(root: Path) -> None:
    """Check every lock without a network.

    Raises:
        SetupError: Lists each missing pin, missing hash, address and disagreement.
    """
    texts = {lock.target: (root / lock.target).read_text() for lock in LOCKS}
    faults = [fault for lock in LOCKS for fault in _faults(lock, root, texts)]
    if faults:
        raise SetupError("\n".join([*faults, "Cure: make lock"]))
    say(f"{len(LOCKS)} locks hold every declared dependency, with hashes and without addresses")


def _faults(lock: Lock, root: Path, texts: dict[str, str]) -> list[str]:
    text = texts[lock.target]
    pins = dict(PIN.findall(text))
    found = ["holds an address"] if "://" in text else []
    found += [f"{name} has no hash" for name in pins if not _hashed(name, text)]
    missing = sorted(declared(root, lock) - pins.keys())
    found += [f"{name} is declared and not pinned" for name in missing]
    for other in lock.agrees_with:
        unequal = _unequal(pins, dict(PIN.findall(texts[other])))
        found += [f"{name} differs from {other}" for name in unequal]
    return [f"{lock.target}: {fault}" for fault in found]


def _unequal(pins: dict[str, str], others: dict[str, str]) -> list[str]:
    """Return the names that both pin, to another version."""
    return [name for name in pins.keys() & others.keys() if pins[name] != others[name]]


def _hashed(name: str, text: str) -> bool:
    pattern = rf"^{re.escape(name)}==.*\\\n +--hash=sha256:[0-9a-f]{{64}}"
    return re.search(pattern, text, re.MULTILINE) is not None


def declared(root: Path, lock: Lock) -> set[str]:
    """Return the names a lock must pin, its local folders' dependencies included."""
    source = root / lock.source
    if source.suffix != ".toml":
        return _listed_names(source)
    names = _project_names(source, lock.extras)
    for ours in names & set(OUR_NAMES):
        names |= _project_names(root / "packages" / ours / "pyproject.toml", ())
    return names - set(OUR_NAMES)


def _listed_names(source: Path) -> set[str]:
    lines = (line.split("#")[0].strip() for line in source.read_text().splitlines())
    return {_name(line) for line in lines if line}


def _project_names(pyproject: Path, extras: tuple[str, ...]) -> set[str]:
    project = tomllib.loads(pyproject.read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return {_name(requirement) for requirement in wanted}


def _name(requirement: str) -> str:
    """Return the canonical project name of a requirement line."""
    return re.sub(r"[-_.]+", "-", re.split(r"[ <>=!~\[;]", requirement)[0]).lower()
