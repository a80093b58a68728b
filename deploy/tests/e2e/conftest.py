"""One stack for all tests of this folder, started from a copy of the checkout by its README."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_stack import AGAIN, Stack, readme_commands

from bootstrap.console import ROOT
from bootstrap.doctor import check_engine
from bootstrap.processes import free_port


def copy_of_the_checkout(target: Path) -> Path:
    """Copy what a clone would hold: no environment, no caches, no data."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in names.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    finding = check_engine()
    if finding.cure:
        if os.environ.get("CI") == "true":
            pytest.fail("no container engine answers")
        pytest.skip("no container engine answers")
    folder = copy_of_the_checkout(tmp_path_factory.mktemp("checkout"))
    stack = Stack(folder, free_port(18080))
    try:
        for command in readme_commands():
            stack.done[command] = stack.run(command)
        for command in AGAIN:
            stack.done[f"again: {command}"] = stack.run(command)
        yield stack
    finally:
        stack.run("docker compose --profile '*' down -v --rmi local")
