"""Check the requirement locks without a network, against what the projects declare."""

import re
import tomllib
from pathlib import Path

from bootstrap.console import SetupError, say
from bootstrap.locks import LOCKS, OUR_NAMES, Lock

PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", re.MULTILINE)
HASHED = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)==[^\n]*\\\n +--hash=sha256:[0-9a-f]{64}", re.MULTILINE
)
# One pin with its hashes and the comment that tells who asked for it.
ENTRY = re.compile(r"^([a-z0-9][a-z0-9._-]*)==[^\n]*\n((?:    .*\n?)*)", re.MULTILINE)


def check_locks(root: Path) -> None:
    """Check every lock: nothing missing, nothing left over, hashed, without addresses.

    Raises:
        SetupError: Lists everything that is wrong.
    """
    texts = {lock.target: (root / lock.target).read_text() for lock in LOCKS}
    faults = [fault for lock in LOCKS for fault in _faults(lock, root, texts)]
    if faults:
        raise SetupError("\n".join([*faults, "Cure: make lock"]))
    say(f"{len(LOCKS)} locks hold every declared dependency, with hashes and without addresses")


def _faults(lock: Lock, root: Path, texts: dict[str, str]) -> list[str]:
    text = texts[lock.target]
    found = ["holds an address"] if "://" in text else []
    found += _unhashed(text)
    found += _undeclared(lock, root, text)
    for other in lock.agrees_with:
        found += [f"{name} differs from {other}" for name in _unequal(text, texts[other])]
    return [f"{lock.target}: {fault}" for fault in found]


def _unhashed(text: str) -> list[str]:
    hashed = {found[1] for found in HASHED.finditer(text)}
    return [f"{name} has no hash" for name, _ in PIN.findall(text) if name not in hashed]


def _undeclared(lock: Lock, root: Path, text: str) -> list[str]:
    """Compare what is pinned with what the sources ask for, both ways."""
    pins, wanted = dict(PIN.findall(text)), declared(root, lock)
    found = [f"{name} is declared and not pinned" for name in sorted(wanted.keys() - pins.keys())]
    found += [
        f"{name} is pinned to {pins[name]} and {lowest} is declared"
        for name, lowest in sorted(wanted.items())
        if name in pins and _version(pins[name]) < _version(lowest)
    ]
    asked_for = {name for name, rest in ENTRY.findall(text) if f"({lock.source})" in rest}
    found += [
        f"{name} is pinned and no longer declared" for name in sorted(asked_for - set(wanted))
    ]
    return found


def _unequal(text: str, other: str) -> list[str]:
    """Return the names that both pin, to another version."""
    pins, others = dict(PIN.findall(text)), dict(PIN.findall(other))
    return sorted(name for name in pins.keys() & others.keys() if pins[name] != others[name])


def declared(root: Path, lock: Lock) -> dict[str, str]:
    """Return what a lock must pin: name to lowest version, "0" where none is stated."""
    source = root / lock.source
    if source.suffix != ".toml":
        lines = (line.split("#")[0].strip() for line in source.read_text().splitlines())
        return dict(_name_and_lowest(line) for line in lines if line)
    wanted = _project_dependencies(source, lock.extras)
    for ours in wanted.keys() & set(OUR_NAMES):
        wanted |= _project_dependencies(root / "packages" / ours / "pyproject.toml", ())
    return {name: lowest for name, lowest in wanted.items() if name not in OUR_NAMES}


def _project_dependencies(pyproject: Path, extras: tuple[str, ...]) -> dict[str, str]:
    project = tomllib.loads(pyproject.read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return dict(map(_name_and_lowest, wanted))


def _name_and_lowest(requirement: str) -> tuple[str, str]:
    """Split `Name[extra]>=1.2` into its canonical name and lowest version."""
    name = re.split(r"[ <>=!~\[;]", requirement)[0]
    lowest = re.search(r">=\s*([0-9.]+)", requirement)
    return re.sub(r"[-_.]+", "-", name).lower(), lowest[1] if lowest else "0"


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:3]))
