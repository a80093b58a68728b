"""Start and stop the container engine: through systemd, or dockerd by itself."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bootstrap.commands import LOGS, Commands, StepError, Work
from bootstrap.console import SetupError, step
from bootstrap.processes import wait_for
from bootstrap.state import FOLDER, State

START_SECONDS = 60
STOP_SECONDS = 60
# Without systemd nobody hands out control groups, so dockerd makes its own.
FLAGS = ("--exec-opt", "native.cgroupdriver=cgroupfs")
NAT = ("-w", "2", "-t", "nat", "-S")
OLDER_KIND = ("iptables", "ip6tables")
CONTAINER_CURE = "inside a container the engine needs `docker run --privileged`; see `make doctor`"


def spawn_daemon(command: list[str], log: Path) -> None:
    """Start a program that goes on when this one ends, whatever happens to the terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )


@dataclass(frozen=True)
class Engine:
    """The engine of this machine.

    Args:
        commands: How programs are run.
        folder: Where the record and dockerd's log live.
        root: The file system's root; tests hand in a folder.
        spawn: Starts a daemon that outlives us: the command and its log.
    """

    commands: Commands
    folder: Path = FOLDER
    root: Path = Path("/")
    spawn: Callable[[list[str], Path], None] = spawn_daemon

    def start(self, kind: str, state: State) -> None:
        """Start the engine and wait until it answers.

        Args:
            kind: `systemd` or `dockerd`.
            state: The record of what is added.

        Raises:
            StepError: It does not answer; names the log.
        """
        self._note_folders(state)
        step("start the engine")
        if kind == "systemd":
            self._by_systemd()
        else:
            self._by_itself(state)
        state.started = True
        state.save(self.folder)

    def _note_folders(self, state: State) -> None:
        """Remember which of the engine's folders are not older than this start."""
        for name in ("var/lib/docker", "var/lib/containerd"):
            path = self.root / name
            if not path.exists() and str(path) not in state.folders:
                state.folders.append(str(path))
        state.save(self.folder)

    def _by_systemd(self) -> None:
        cure = "systemctl status docker; journalctl -u docker"
        work = Work("start the engine", LOGS / "start.log", cure)
        enable = ["systemctl", "enable", "--now", "docker.service"]
        self.commands.run(work, enable, seconds=START_SECONDS * 2)
        self._wait(work)

    def _by_itself(self, state: State) -> None:
        log = self.folder / "dockerd.log"
        work = Work("start the engine", log, CONTAINER_CURE)
        self._choose_iptables(work, state)
        self._clear_stale("var/run/docker.pid", "dockerd")
        self._clear_stale("var/run/docker/containerd/containerd.pid", "containerd")
        log.unlink(missing_ok=True)
        self.spawn(["dockerd", *FLAGS], log)
        try:
            self._wait(work)
        except StepError:
            self.stop()
            raise

    def _wait(self, work: Work) -> None:
        try:
            wait_for("an answer of `docker info`", self.answers, START_SECONDS)
        except SetupError as error:
            raise StepError(work, str(error)) from None

    def answers(self) -> bool:
        """Return whether the engine itself answers."""
        return bool(self.commands.answer("docker", "info", "--format", "{{.ServerVersion}}"))

    def _choose_iptables(self, work: Work, state: State) -> None:
        """Use the older kind of iptables where the kernel knows only that one."""
        if self.commands.answer("iptables", *NAT) is not None:
            return
        if self.commands.answer("iptables-legacy", *NAT) is None:
            return  # dockerd says better than we could what it misses
        for name in OLDER_KIND:
            state.alternatives.append(name)
            state.save(self.folder)
            choice = ["update-alternatives", "--set", name, f"/usr/sbin/{name}-legacy"]
            self.commands.run(work, choice, seconds=START_SECONDS)

    def _clear_stale(self, place: str, program: str) -> None:
        """Delete the number of a process that is gone or is another program by now."""
        path = self.root / place
        if path.exists() and self.running(path, program) is None:
            path.unlink()

    def running(self, pid_file: Path, program: str) -> int | None:
        """Return the process of a pid file if it is the named program."""
        text = pid_file.read_text().strip() if pid_file.exists() else ""
        name = self.root / "proc" / (text or "-") / "comm"
        return int(text) if name.exists() and name.read_text().strip() == program else None

    def stop(self) -> None:
        """Stop the engine, and wait until it is gone.

        Raises:
            SetupError: It did not end.
        """
        unit = self.root / "run/systemd/system"
        if unit.is_dir():
            cure = "systemctl status docker"
            work = Work("stop the engine", LOGS / "stop.log", cure)
            stopping = ["systemctl", "disable", "--now", "docker.service", "docker.socket"]
            self.commands.run(work, stopping, seconds=STOP_SECONDS)
        number = self.running(self.root / "var/run/docker.pid", "dockerd")
        if number is not None:
            os.kill(number, signal.SIGTERM)
            gone = self.root / "proc" / str(number)
            wait_for("the end of dockerd", lambda: not _lives(gone), STOP_SECONDS)

    def restore_iptables(self, state: State) -> None:
        """Give back to the system which kind of iptables it uses."""
        work = Work(
            "restore iptables", LOGS / "remove.log", "update-alternatives --config iptables"
        )
        for name in state.alternatives:
            command = ["update-alternatives", "--auto", name]
            self.commands.run(work, command, seconds=START_SECONDS)
        state.alternatives = []
        state.save(self.folder)


def _lives(process: Path) -> bool:
    """Return whether a process runs; one that only waits to be collected does not."""
    status = process / "stat"
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False
