"""What every set-up command prints and how it ends."""

import os
import sys
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
