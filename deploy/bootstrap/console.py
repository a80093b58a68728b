"""What every set-up command prints and how it ends."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class SetupError(Exception):
    """A step cannot go on; the text names the cause and the cure."""


def say(text: str = "") -> None:
    """Write one line for the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def step(text: str) -> None:
    """Announce a step of longer work."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    say(f"\x1b[1;34m==>\x1b[0m {text}" if colour else f"==> {text}")


def agreed(environ: Mapping[str, str]) -> bool:
    """Ask on a terminal; `YES=1`, or nobody there to ask, means go on."""
    if environ.get("YES") or not sys.stdin.isatty():
        return True
    return input("Type yes to go on: ").strip() == "yes"


def agreed_to_lose(environ: Mapping[str, str], verb: str) -> None:
    """Ask before something is deleted; without a terminal only `YES=1` will do.

    Raises:
        SetupError: The answer was not yes, or there is nobody to ask.
    """
    if not environ.get("YES") and not sys.stdin.isatty():
        raise SetupError(f"Nothing deleted. Cure: YES=1 make {verb}")
    if not agreed(environ):
        raise SetupError("Nothing deleted.")
