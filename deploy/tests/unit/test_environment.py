import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import environment
from bootstrap.console import SetupError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for path in (
        *environment.DEV_LOCKS,
        *(f"{p}/pyproject.toml" for p in environment.DEV_PROJECTS),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    return tmp_path


class FakeRun:
    """Stands for subprocess.run: notes commands, makes the venv, fails on demand."""

    def __init__(self, root: Path, fail_at: str = "") -> None:
        self.root, self.fail_at = root, fail_at
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if "venv" in command:
            (self.root / ".venv" / "bin").mkdir(parents=True)
            (self.root / ".venv" / "bin" / "python").touch()
        failed = bool(self.fail_at) and self.fail_at in command
        return subprocess.CompletedProcess(command, int(failed), "", "reason of the failure")


def test_the_environment_is_made_once_and_only_renewed_when_a_lock_changes(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = FakeRun(checkout)
    monkeypatch.setattr(subprocess, "run", run)

    environment.ensure_environment("demo", checkout)
    made = len(run.commands)
    environment.ensure_environment("demo", checkout)
    again = len(run.commands)
    (checkout / "churn-service/requirements-train.txt").write_text("newer")
    environment.ensure_environment("demo", checkout)

    assert (made, again, len(run.commands)) == (3, 3, 5)


def test_our_own_folders_are_installed_without_any_index(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = FakeRun(checkout)
    monkeypatch.setattr(subprocess, "run", run)

    environment.ensure_environment("dev", checkout)

    locked, local = run.commands[1:]
    assert "--require-hashes" in locked
    assert {"--no-deps", "--no-index", "--no-build-isolation"} <= set(local)
    assert str(checkout / "loadtests") in local


def test_a_missing_venv_module_is_named_with_its_package(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", FakeRun(checkout, fail_at="venv"))

    with pytest.raises(SetupError, match=rf"python3\.{sys.version_info[1]}-venv"):
        environment.ensure_environment("demo", checkout)


def test_a_failed_download_leaves_no_stamp_and_shows_the_reason(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subprocess, "run", FakeRun(checkout, fail_at="--require-hashes"))

    with pytest.raises(SetupError, match="package index"):
        environment.ensure_environment("demo", checkout)

    assert "reason of the failure" in capsys.readouterr().out
    assert not (checkout / ".venv" / ".installed-demo").exists()
