"""One line of the table that a bench prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Attributes:
        name: What was measured, on what.
        value: Our figure; None where nothing was measured.
        unit: Its unit; empty for a plain number.
        goal: What is asked of it, for example ">= 0.8505"; empty without a goal.
        met: Whether the goal is reached; None without a goal.
        rival: The figure of a rival, or the limit that nobody can pass.
        ratio: Ours over the rival's.
    """

    name: str
    value: float | None
    unit: str = ""
    goal: str = ""
    met: bool | None = None
    rival: float | None = None
    ratio: float | None = None


def skipped(what: str, reason: str) -> Row:
    """Return the row that says why a figure is not there, and the cure."""
    return Row(f"{what}: skipped, {reason}", None)
