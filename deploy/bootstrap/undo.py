"""`make bootstrap-undo`: take away what the set-up added, and nothing else."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from bootstrap.base_images import Builder
from bootstrap.commands import LOGS, Work
from bootstrap.console import SetupError, agreed_to_lose, say, step
from bootstrap.engine import Engine
from bootstrap.env_file import write_images
from bootstrap.packages import Packages
from bootstrap.prepare import Setup, as_root
from bootstrap.state import State, alone


def undo(environ: Mapping[str, str]) -> None:
    """Show what will go, ask, and take it away."""
    setup = Setup.of_this_machine(environ)
    state = State.load(setup.folder)
    if state.is_empty:
        write_images(setup.env_file, {})
        say("Nothing to take away: the set-up added nothing to this machine.")
        return
    for line in losses(state):
        say(f"  - {line}")
    agreed_to_lose(environ, "bootstrap-undo")
    if setup.machine.is_root:
        take_away_recorded(setup)
    else:
        as_root("root-undo", setup.environ)
    write_images(setup.env_file, {})
    say("Taken away." + (f" These stay newer: {_newer(state)}" if state.upgraded else ""))


def take_away_recorded(setup: Setup) -> None:
    """Take away what the record names; runs as root."""
    with alone(setup.folder):
        take_away(setup, State.load(setup.folder))


def losses(state: State) -> list[str]:
    """Return one line per thing that will be gone."""
    found = []
    if state.images:
        found.append(f"base images that were built here: {', '.join(state.images)}")
    if state.started:
        found.append("the engine is stopped")
    found += [f"{name} with every container, image and volume" for name in state.folders]
    if state.packages:
        found.append(f"packages: {' '.join(state.packages)}")
    if state.member:
        found.append(f"{state.member} leaves the group docker")
    return found


def take_away(setup: Setup, state: State) -> None:
    """Take away images, engine, data, packages and the record, in this order.

    Raises:
        SetupError: A step could not be done; what is left stays in the record.
    """
    engine = Engine(setup.commands, setup.folder)
    step("take away")
    if state.images:
        Builder(setup.commands, setup.machine, setup.environ, setup.folder).remove(state)
    if state.started:
        engine.stop()
        setup.commands.answer("ip", "link", "delete", "docker0")
        state.started = False
        state.save(setup.folder)
    for name in list(state.folders):
        _remove_folder(Path(name))
        state.folders.remove(name)
        state.save(setup.folder)
    engine.restore_iptables(state)
    if state.member:
        _leave_group(setup, state)
    Packages(setup.commands, setup.folder).remove(state)
    shutil.rmtree(setup.folder)


def _remove_folder(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> None:
    """Delete the engine's data unless something is still mounted in it."""
    points = [line.split()[4] for line in mounts.read_text().splitlines()]
    if busy := [point for point in points if point.startswith(f"{path}/")]:
        raise SetupError(f"Still mounted: {busy[0]}. Cure: umount {busy[0]}, then again.")
    if str(path) in points:
        _empty_folder(path)  # a disk of its own: it stays mounted, empty
    elif path.exists():
        shutil.rmtree(path)


def _empty_folder(path: Path) -> None:
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _leave_group(setup: Setup, state: State) -> None:
    cure = f"gpasswd --delete {state.member} docker"
    work = Work("leave the group docker", LOGS / "remove.log", cure)
    setup.commands.run(work, ["gpasswd", "--delete", state.member, "docker"], seconds=60)
    state.member = ""
    state.save(setup.folder)


def _newer(state: State) -> str:
    return ", ".join(f"{name} (was {old})" for name, old in sorted(state.upgraded.items()))
