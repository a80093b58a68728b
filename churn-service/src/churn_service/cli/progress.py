"""Say on stderr how far a training is."""

from collections.abc import Sequence
from typing import IO, Any

import click

_CLEAR = "\r\x1b[2K"


class ProgressLine:
    """The steps of a training and its folds: one line, redrawn on a terminal.

    Elsewhere, as in a log, each step and each fold is a line of its own.

    Args:
        steps: The names of all steps, in their order.
        stream: Where to write.
        quiet: Whether to write nothing.
    """

    def __init__(self, steps: Sequence[str], stream: IO[str], *, quiet: bool) -> None:
        self._steps = tuple(steps)
        self._stream = stream
        self._quiet = quiet
        self._step = ""

    def step(self, name: str) -> None:
        """Say that a step begins."""
        self._step = f"{self._steps.index(name) + 1}/{len(self._steps)} {name}"
        self._show(self._step)

    def fold(self, result: Any, total: int) -> None:
        """Say that one more outer fold is done."""
        self._show(f"{self._step}: fold {result.number} of {total} done")

    def end(self) -> None:
        """Take the line away again."""
        if self._stream.isatty():
            self._write(_CLEAR)

    def _show(self, text: str) -> None:
        self._write(f"{_CLEAR}{text}" if self._stream.isatty() else f"{text}\n")

    def _write(self, text: str) -> None:
        if not self._quiet:
            click.echo(text, file=self._stream, nl=False)
