"""Run other programs with a time limit; what they print goes to a log with a name."""

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bootstrap.console import ROOT, SetupError

LOGS = ROOT / "build" / "bootstrap"
ASK_SECONDS = 60
LINES_SHOWN = 15
END_SECONDS = 30


@dataclass(frozen=True)
class Work:
    """One step under way: what it is called, where it logs, what mends it."""

    name: str
    log: Path
    cure: str


class StepError(SetupError):
    """A step failed; the text names the step, its log and the cure."""

    def __init__(self, work: Work, reason: str) -> None:
        """Show the end of the log below the reason."""
        lines = work.log.read_text(errors="replace").splitlines() if work.log.exists() else []
        tail = "".join(f"  | {line}\n" for line in lines[-LINES_SHOWN:])
        super().__init__(
            f"The step '{work.name}' failed: {reason}\n{tail}log:  {work.log}\ncure: {work.cure}"
        )


class Commands(Protocol):
    """What the set-up needs from a shell."""

    def answer(self, *command: str, seconds: float = ASK_SECONDS) -> str | None:
        """Return what a command printed; None when it failed or does not exist."""

    def run(
        self,
        work: Work,
        command: Sequence[str],
        *,
        seconds: float,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Run a command, its output in the log of the step.

        Raises:
            StepError: It failed, does not exist, or took longer than `seconds`.
        """


class Shell:
    """Runs programs on this machine."""

    def answer(self, *command: str, seconds: float = ASK_SECONDS) -> str | None:
        """Return what a command printed; None when it failed or does not exist."""
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=seconds
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def run(
        self,
        work: Work,
        command: Sequence[str],
        *,
        seconds: float,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Run a command in a process group of its own, its output in the step's log."""
        work.log.parent.mkdir(parents=True, exist_ok=True)
        shown = f"`{_short(command)}`"
        with work.log.open("ab") as log:
            log.write(f"$ {shlex.join(command)}\n".encode())
            log.flush()
            try:
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(environ or {})},
                    start_new_session=True,
                )
            except OSError as error:
                raise StepError(work, f"{shown}: {error.strerror}") from None
            code = _wait(child, seconds)
        if code is None:
            raise StepError(work, f"{shown} took longer than {seconds:.0f} s and was ended")
        if code:
            raise StepError(work, f"{shown} ended with exit code {code}")


def _short(command: Sequence[str]) -> str:
    """Return a command without its options of the form `-o X`, cut to six words."""
    pairs = zip(("", *command), command, strict=False)
    words = [word for before, word in pairs if "-o" not in {before, word}]
    return shlex.join(words[:6]) + (" …" if len(words) > 6 else "")


def _wait(child: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Return the exit code; None after the time limit, when the program was ended."""
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if child.poll() is None:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end, so that it ends its own children; kill what does not."""
    os.killpg(child.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
