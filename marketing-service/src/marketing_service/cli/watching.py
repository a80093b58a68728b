"""Wait for work of the service, and show how far it is."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

POLL_SECONDS = 0.3
LINE_SECONDS = 5.0


@dataclass(frozen=True)
class Step:
    """Where a piece of work is; `total` is unknown while it is None."""

    finished: bool
    text: str
    done: int = 0
    total: int | None = None


def watch(poll: Callable[[], Step], *, sleep: Callable[[float], None] = time.sleep) -> Step:
    """Poll until the work is finished; a bar on a terminal, else a line now and then.

    Interrupting is safe: the service goes on with the work.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        return _watch_with_bar(poll, console, sleep)
    return _watch_with_lines(poll, sleep)


def _watch_with_bar(
    poll: Callable[[], Step], console: Console, sleep: Callable[[float], None]
) -> Step:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task: TaskID = progress.add_task("waiting", total=None)
        while True:
            step = poll()
            progress.update(task, description=step.text, completed=step.done, total=step.total)
            if step.finished:
                return step
            sleep(POLL_SECONDS)


def _watch_with_lines(poll: Callable[[], Step], sleep: Callable[[float], None]) -> Step:
    quiet_until = time.monotonic() + LINE_SECONDS
    while True:
        step = poll()
        if step.finished:
            return step
        if time.monotonic() >= quiet_until:
            total = f" of {step.total:,}" if step.total else ""
            sys.stderr.write(f"{step.text}: {step.done:,}{total}\n")
            quiet_until = time.monotonic() + LINE_SECONDS
        sleep(POLL_SECONDS)
