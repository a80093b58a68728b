"""What the set-up added to this machine, so that it can be taken away again."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from bootstrap.plan import STATE_FOLDER

FOLDER = Path(STATE_FOLDER)


@dataclass
class State:
    """The record; every change is on disk before the thing itself is done.

    Attributes:
        packages: Packages that were not installed before, each removed by the undo.
        upgraded: Packages that are newer now, with the version they had.
        before: Installed packages when an installation began that has not ended yet.
        folders: Folders that did not exist before the engine first ran.
        alternatives: Names that were switched to the older kind of iptables.
        started: Whether the engine was started by the set-up.
        images: Tags of base images that were built here.
        member: The user who was added to the group docker.
    """

    packages: list[str] = field(default_factory=list)
    upgraded: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)
    started: bool = False
    images: list[str] = field(default_factory=list)
    member: str = ""

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "State":
        """Read the record; an empty one when nothing was added yet."""
        path = folder / "state.json"
        known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        names = {part.name for part in fields(cls)}
        return cls(**{name: value for name, value in known.items() if name in names})

    def save(self, folder: Path = FOLDER) -> None:
        """Write the record so that a crash leaves the old or the new one."""
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / "state.json.new"
        fresh.write_text(json.dumps(asdict(self), indent=1) + "\n")
        fresh.replace(folder / "state.json")

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to take away."""
        return self == State()


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other set-up changes this machine, and keep others waiting."""
    import fcntl  # noqa: PLC0415 - Windows has none, and is only told what to install

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
