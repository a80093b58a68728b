"""Every `churn` command of the how-to pages is one that the program takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bootstrap.console import ROOT
from churn_service.cli import main

FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(churn [^`]*VERSION[^`]*)`")  # others are names in a sentence
AFTER = re.compile(r"\s(?:\||>|&&|;|#)\s.*")


def commands_of(text: str) -> Iterator[str]:
    """Yield the lines of blocks that begin with `churn`, and inline ones with a VERSION."""
    for block in FENCE.findall(text):
        lines = block.replace("\\\n", " ").splitlines()
        yield from (AFTER.sub("", line.strip()) for line in lines if line.split()[:1] == ["churn"])
    yield from INLINE.findall(FENCE.sub("", text))


def parse(line: str) -> None:
    """Let click read a command with all its options, but not run it."""
    words = shlex.split(line)[1:]
    for word in words:
        if re.fullmatch(r"[\w.-]+\.\w+", word):
            Path(word).touch()  # click looks whether a named file is there
    name, command, context = "churn", main, click.Context(main)
    while isinstance(command, click.Group):
        name, command, words = command.resolve_command(context, words)
    command.make_context(name, words)


PAGES = sorted((ROOT / "docs/how-to").glob("*.md"))
COMMANDS = {line: page.name for page in PAGES for line in commands_of(page.read_text())}


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_a_how_to_is_complete(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    parse(line)


def test_a_promotion_without_a_reason_is_found() -> None:
    page = "```sh\nchurn models promote VERSION # printed\n```\n`churn models show VERSION --now`"

    without_reason, unknown = commands_of(page)

    with pytest.raises(click.MissingParameter, match="reason"):
        parse(without_reason)
    with pytest.raises(click.NoSuchOption, match="now"):
        parse(unknown)
