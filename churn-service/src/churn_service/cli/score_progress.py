"""Say on stderr how far the scoring of a file is."""

from collections.abc import Callable
from typing import IO

import click

from churn_service.file_scoring import Tally

_CLEAR = "\r\x1b[2K"
_WIDTH = 24
_PAUSE_SECONDS = {True: 0.2, False: 30.0}


class ScoreProgress:
    """A bar that is redrawn on a terminal; elsewhere, as in a log, a line now and then.

    Args:
        total_bytes: Size of the file; 0 when nobody knows it, as of a pipe.
        stream: Where to write.
        clock: Tells seconds.
        quiet: Whether to write nothing.
    """

    def __init__(
        self, total_bytes: int, stream: IO[str], clock: Callable[[], float], *, quiet: bool
    ) -> None:
        self._total_bytes = total_bytes
        self._stream = stream
        self._clock = clock
        self._quiet = quiet
        self._is_terminal = stream.isatty()
        self._begun = self._told = clock()

    def show(self, tally: Tally) -> None:
        """Tell how far it is, unless that was told just now."""
        now = self._clock()
        if self._quiet or now - self._told < _PAUSE_SECONDS[self._is_terminal]:
            return
        self._told = now
        self._write(self._line(tally, now - self._begun))

    def end(self) -> None:
        """Take the bar away again."""
        if self._is_terminal and not self._quiet:
            click.echo(_CLEAR, file=self._stream, nl=False)

    def _line(self, tally: Tally, seconds: float) -> str:
        rate = tally.rows / seconds if seconds else 0.0
        bad = f", {tally.bad_rows:,} bad" if tally.bad_rows else ""
        return f"{self._share(tally)}{tally.rows:,} rows{bad}, {rate:,.0f} rows/s"

    def _share(self, tally: Tally) -> str:
        if not self._total_bytes:
            return ""
        share = min(tally.read_bytes / self._total_bytes, 1.0)
        bar = "#" * round(share * _WIDTH) if self._is_terminal else ""
        return f"[{bar:{_WIDTH}}] {share:4.0%}  " if self._is_terminal else f"{share:.0%}, "

    def _write(self, line: str) -> None:
        text = f"{_CLEAR}{line}" if self._is_terminal else f"{line}\n"
        click.echo(text, file=self._stream, nl=False)
