import io
from types import SimpleNamespace
from typing import Any

from churn_service.cli.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(stream: Any, *, quiet: bool = False) -> str:
    line = ProgressLine(("read", "judge", "write"), stream, quiet=quiet)
    line.step("judge")
    line.fold(SimpleNamespace(number=2), 5)
    line.step("write")
    line.end()
    text: str = stream.getvalue()
    return text


def test_a_log_gets_one_line_per_step_and_fold() -> None:
    assert told(io.StringIO()) == "2/3 judge\n2/3 judge: fold 2 of 5 done\n3/3 write\n"


def test_a_terminal_gets_one_line_that_is_redrawn_and_goes_away() -> None:
    text = told(Terminal())

    assert "\n" not in text
    assert text.count("\r\x1b[2K") == 4
    assert text.endswith("3/3 write\r\x1b[2K")


def test_quiet_says_nothing_on_either() -> None:
    assert told(io.StringIO(), quiet=True) == told(Terminal(), quiet=True) == ""
