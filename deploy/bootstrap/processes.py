"""Child processes of the local demo: start, wait until ready, stop, show what went wrong."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from bootstrap.console import SetupError, say

START_SECONDS = 60
STOP_SECONDS = 30
POLL_SECONDS = 0.1


def free_port(preferred: int) -> int:
    """Return the preferred loopback port, or a free one when it is taken."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise SetupError("No loopback port is free. Cure: stop some programs.")


def wait_for(what: str, condition: Callable[[], bool], seconds: float) -> None:
    """Poll until the condition holds.

    Raises:
        SetupError: It did not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SetupError(f"{what} did not happen within {seconds:.0f} s.")
        time.sleep(POLL_SECONDS)


def answers(url: str) -> bool:
    """Return whether the URL answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback http only
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


class Processes:
    """The children of one demo; logs go to one file each."""

    def __init__(self, log_folder: Path) -> None:
        """Keep the logs below `log_folder`."""
        self._log_folder = log_folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        log_folder.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: list[str], environ: Mapping[str, str]) -> None:
        """Start one child in a process group of its own, so that Ctrl-C reaches only us."""
        with self._log(name).open("wb") as log:
            self._children[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environ},
                start_new_session=True,
            )

    def wait_until_ready(self, name: str, url: str) -> None:
        """Wait until the child answers its readiness URL.

        Raises:
            SetupError: It died or did not become ready; shows the end of its log.
        """
        try:
            wait_for(f"{name}: {url}", lambda: self._alive(name) and answers(url), START_SECONDS)
        except SetupError as error:
            raise SetupError(f"{error}\n{self.tail(name)}") from None

    def _alive(self, name: str) -> bool:
        code = self._children[name].poll()
        if code is not None:
            raise SetupError(f"{name} ended with exit code {code}.")
        return True

    def tail(self, name: str) -> str:
        """Return the last lines of a child's log and where the rest is."""
        log = self._log(name)
        lines = log.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([*lines, f"(the whole log: {log})"])

    def _log(self, name: str) -> Path:
        return self._log_folder / f"{name}.log"

    def stop(self) -> None:
        """Ask every child to end, newest first; kill what does not."""
        for child in reversed(self._children.values()):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for name, child in self._children.items():
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                say(f"{name} did not end by itself and was killed")
                child.kill()
                child.wait()
        self._children.clear()

    def wait_until_one_ends(self) -> str:
        """Block until a child ends by itself; return its name."""
        while True:
            for name, child in self._children.items():
                if child.poll() is not None:
                    return name
            time.sleep(POLL_SECONDS * 5)
