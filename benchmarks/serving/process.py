"""A server under measurement: started on a free port, its CPU time read, ended by its id."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 120.0
_STOP_SECONDS = 20.0


class NotStartedError(RuntimeError):
    """A server did not begin to listen; the text holds the end of what it wrote."""


class Server:
    """One server and all processes it starts.

    Args:
        command: Program and arguments.
        port: The port it will listen on.
        log: Where its output goes.
        environ: Further variables of its environment.
        folder: Its working folder.
    """

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        log: Path,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.port = port
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "OMP_NUM_THREADS": "1", **(environ or {})},
                cwd=folder,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The id of the process that was started."""
        return self._process.pid

    def wait(self) -> None:
        """Return when it listens; NotStartedError when it ends or takes too long."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.05)
        raise NotStartedError(self._log.read_text(errors="replace")[-1500:])

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far, user and system, all processes together."""
        return sum(map(_cpu_seconds, processes(self.pid)))

    def resident_bytes(self) -> int:
        """Return the memory in use, all processes together; shared pages count in each."""
        return sum(map(_resident_bytes, processes(self.pid)))

    def stop(self) -> None:
        """Ask it to end, and end the group when it does not."""
        if self._process.poll() is None:
            os.killpg(self.pid, signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def free_port() -> int:
    """Return a port nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def processes(pid: int) -> Iterator[int]:
    """Yield a process and all that it started, as far as the system tells (Linux)."""
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        listed = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it has just ended
        return
    for child in listed:
        yield from processes(int(child))


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
