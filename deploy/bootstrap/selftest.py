"""`make bootstrap-selftest`: from a purged machine to a delivered campaign, with durations."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from bootstrap.commands import LOGS, Commands, Work
from bootstrap.console import ROOT, SetupError, agreed_to_lose, say, step
from bootstrap.images import BASE_IMAGES
from bootstrap.machine import Machine
from bootstrap.packages import Packages
from bootstrap.plan import BESIDE, ENGINE
from bootstrap.prepare import Setup
from bootstrap.state import State
from bootstrap.undo import losses, take_away

TOTAL_SECONDS = 1800
FULL_SECONDS = 5400
PURGED_FOLDERS = ("/var/lib/docker", "/var/lib/containerd")
# Others may need these, and they come from the machine's own sources.
KEPT = {"ca-certificates", "iproute2", "iptables"}
CURE = "read the log; `make up` again goes on where it stopped, `make bootstrap-undo` goes back"
STAGES = (
    ("make up, from nothing", ("make", "up")),
    ("make campaign", ("make", "campaign")),
    ("make up again", ("make", "up")),
)
TESTS = ("make test", ("make", "test"))


def run(environ: Mapping[str, str]) -> None:
    """Purge engine and images, run the path, print how long each part took.

    Args:
        environ: `YES=1` does not ask; `FULL=1` runs `make test` as well;
            `SELFTEST_SECONDS` limits the whole (1800, with `FULL=1` 5400).

    Raises:
        SetupError: It is not Debian or Ubuntu as root, nobody agreed, or a part failed.
    """
    setup = Setup.of_this_machine(environ)
    if not (setup.machine.is_root and setup.machine.distribution):
        raise SetupError("The self-test purges an engine: it runs as root on Debian or Ubuntu.")
    state = to_purge(setup, State.load(setup.folder))
    say("This deletes from this machine, for good:")
    for line in losses(state):
        say(f"  - {line}")
    say(f"  - {running(setup.commands)}")
    agreed_to_lose(environ, "bootstrap-selftest")
    state.save(setup.folder)
    limit = float(environ.get("SELFTEST_SECONDS") or _limit(environ))
    timed = Timed(limit)
    timed.call("purge", lambda: take_away(setup, state))
    for name, command in (*STAGES, *((TESTS,) if environ.get("FULL") else ())):
        timed.call(name, partial(_run, setup, name, command, timed))
    report(setup.machine, timed.seconds)


def to_purge(setup: Setup, state: State) -> State:
    """Return the record as if everything of the engine had been added by the set-up."""
    engine = {*ENGINE["debian"], *ENGINE["ubuntu"], *BESIDE, "debootstrap"} - KEPT
    here = Packages(setup.commands, setup.folder).installed().keys()
    state.packages = sorted({*state.packages, *(engine & here)})
    state.folders = [*PURGED_FOLDERS]
    state.started = True
    return state


def running(commands: Commands) -> str:
    """Return how many containers would be stopped."""
    listing = commands.answer("docker", "ps", "--quiet") or ""
    return f"{len(listing.split())} running containers"


@dataclass
class Timed:
    """Durations of the parts, and what is left of the time for the whole."""

    limit_seconds: float
    clock: Callable[[], float] = time.monotonic
    seconds: dict[str, float] = field(default_factory=dict)

    def left(self) -> float:
        """Return the seconds that are left, at least one."""
        return max(1.0, self.limit_seconds - sum(self.seconds.values()))

    def call(self, name: str, part: Callable[[], None]) -> None:
        """Run one part and note how long it took."""
        began = self.clock()
        step(name)
        part()
        self.seconds[name] = self.clock() - began
        say(f"    {name}: {self.seconds[name]:.0f} s")


def _run(setup: Setup, name: str, command: tuple[str, ...], timed: "Timed") -> None:
    log = LOGS / f"selftest-{name.replace(' ', '-').replace(',', '')}.log"
    log.unlink(missing_ok=True)
    # Named images would not be built: the path is that of a machine that knows none.
    unnamed = (part for image in BASE_IMAGES for part in ("-u", image.variable))
    full = ("env", *unnamed, "YES=1", "make", "-C", str(ROOT), *command[1:])
    setup.commands.run(Work(name, log, CURE), full, seconds=timed.left())


def _limit(environ: Mapping[str, str]) -> int:
    return FULL_SECONDS if environ.get("FULL") else TOTAL_SECONDS


def report(machine: Machine, seconds: Mapping[str, float]) -> None:
    """Print the durations, and one row for the table of docs/how-to/install.md."""
    total = sum(seconds.values())
    for name, value in {**seconds, "together": total}.items():
        say(f"{value:8.0f} s  {name}")
    cells = [f"{datetime.now(UTC):%Y-%m-%d}", machine.name, f"{os.cpu_count()} cores"]
    cells += [platform.machine(), *(f"{value:.0f}" for value in seconds.values())]
    say(f"row: | {' | '.join(cells)} |")
