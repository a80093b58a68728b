"""Dispatch `python -m bootstrap VERB`; each verb is also a make target."""

import os
import signal
import sys
from collections.abc import Callable, Sequence

from bootstrap import campaign, customers, doctor, local, lock_checks, locks, selftest, stack, undo
from bootstrap.console import ROOT, SetupError, say
from bootstrap.environment import ensure_environment
from bootstrap.prepare import (
    Setup,
    bring_up_engine,
    build_named_images,
    prepare_everything,
    ready_for_tests,
)

VERBS: dict[str, Callable[[], None]] = {
    "environment-demo": lambda: ensure_environment("demo"),
    "environment-dev": lambda: ensure_environment("dev"),
    "lock": lambda: locks.compile_locks(ROOT, upgrade=bool(os.environ.get("UPGRADE"))),
    "lock-check": lambda: locks.compare_locks(ROOT),
    "lock-lint": lambda: lock_checks.check_locks(ROOT),
    "doctor": lambda: doctor.run_all(os.environ),
    "demo": lambda: local.run_demo(os.environ),
    "up": lambda: stack.up(os.environ),
    "status": lambda: stack.status(os.environ),
    "clean": lambda: stack.clean(os.environ),
    "import": lambda: customers.run(os.environ),
    "require-stack": lambda: stack.require_stack(os.environ),
    "campaign": lambda: campaign.run(os.environ),
    "ready-for-tests": lambda: ready_for_tests(os.environ),
    "bootstrap": lambda: prepare_everything(os.environ),
    "bootstrap-undo": lambda: undo.undo(os.environ),
    "bootstrap-selftest": lambda: selftest.run(os.environ),
    # What the set-up runs through sudo.
    "root-engine": lambda: bring_up_engine(Setup.of_this_machine(os.environ)),
    "root-images": lambda: build_named_images(Setup.of_this_machine(os.environ)),
    "root-undo": lambda: undo.take_away_recorded(Setup.of_this_machine(os.environ)),
}


def main(arguments: Sequence[str]) -> int:
    """Run one verb; 0 when it succeeded, 1 when it could not, 2 for wrong usage."""
    if len(arguments) != 1 or arguments[0] not in VERBS:
        say(f"usage: python -m bootstrap {{{'|'.join(VERBS)}}}")
        return 2
    for name in {"SIGTERM", "SIGHUP"} & set(dir(signal)):
        signal.signal(getattr(signal, name), _interrupt)
    try:
        VERBS[arguments[0]]()
    except SetupError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted")
        return 130
    return 0


def _interrupt(_number: int, _frame: object) -> None:
    """End like Ctrl-C, so that child processes are stopped too."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
