import io

import pytest
from rich.console import Console

from marketing_service.cli import watching
from marketing_service.cli.watching import Step, watch

STEPS = [Step(False, "planning", 0, None), Step(False, "planning", 5, 9), Step(True, "planned", 9)]  # noqa: FBT003 - a table


def test_work_is_polled_until_it_is_finished() -> None:
    steps = iter(STEPS)

    assert watch(lambda: next(steps), sleep=lambda _: None) == STEPS[-1]


def test_long_work_says_now_and_then_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watching, "LINE_SECONDS", 0.0)
    steps = iter(STEPS)

    watch(lambda: next(steps), sleep=lambda _: None)

    assert capsys.readouterr().err == "planning: 0\nplanning: 5 of 9\n"


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80)
    monkeypatch.setattr(watching, "Console", lambda **_: console)
    steps = iter(STEPS)

    assert watch(lambda: next(steps), sleep=lambda _: None).done == 9
    assert "planned" in out.getvalue()
