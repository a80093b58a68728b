"""Accidents while a version is written: nothing half-written is ever seen."""

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from churn_service.artefact.files import check_writable, replace_file
from churn_service.artefact.listing import list_versions
from churn_service.artefact.reader import read_artefact
from churn_service.artefact.writer import write_version
from churn_service.cli import main
from churn_service.training.trainer import Registration

CHILD = """
import os, resource, signal, sys
from pathlib import Path
from churn_service.artefact import writer
from churn_service.artefact.reader import read_artefact
folder, root, accident = map(Path, sys.argv[1:])
if accident.name == "kill":
    writer.sync_folder = lambda _: os.kill(os.getpid(), signal.SIGKILL)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
found = read_artefact(folder)
writer.write_version(root, found.document, found.golden, {"card.md": b"card"})
"""


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def churn(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def write_with(
    accident: str, version: Registration, root: Path
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CHILD, version.folder, root, accident]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


def test_a_killed_writer_leaves_no_version_and_no_alias(
    gym_version: Registration, tmp_path: Path
) -> None:
    killed = write_with("kill", gym_version, tmp_path)

    assert killed.returncode == -signal.SIGKILL
    assert list_versions(tmp_path, "gym") == []
    assert [path.name[:5] for path in (tmp_path / "gym").iterdir()] == [".tmp-"]
    assert (
        "make one: churn train"
        in churn("models", "list", "--model-root", tmp_path, "--name", "gym").output
    )


def test_what_a_killed_writer_left_is_collected_and_the_next_one_succeeds(
    gym_version: Registration, tmp_path: Path
) -> None:
    write_with("kill", gym_version, tmp_path)

    collected = churn("models", "gc", "--model-root", tmp_path, "--name", "gym")
    found = read_artefact(gym_version.folder)
    version = write_version(tmp_path, found.document, found.golden, {"card.md": b"card"})

    assert "deleted .tmp-" in collected.output
    assert [path.name for path in list_versions(tmp_path, "gym")] == [version]


def test_a_full_disk_leaves_nothing_of_a_version(gym_version: Registration, tmp_path: Path) -> None:
    failed = write_with("full", gym_version, tmp_path)

    assert "File too large" in failed.stderr
    assert files(tmp_path) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="limits of file sizes differ elsewhere")
def test_training_on_a_full_disk_ends_with_one_line(gym_files: Any, tmp_path: Path) -> None:
    script = "from churn_service.cli import main; main()"
    arguments = ["train", "--data", gym_files.data, "--config", gym_files.config, "--jobs", 1]
    command = [sys.executable, "-c", script, *arguments, "--model-root", tmp_path / "models"]
    limit = (5_000, 5_000)

    ended = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )

    assert ended.returncode == 2, ended.stderr
    assert "File too large; raise the limit of file sizes (ulimit -f)" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert files(tmp_path / "models") == {}


def test_a_registry_in_the_way_of_a_file_is_refused_before_the_training(
    gym_files: Any, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("a file")
    options = ("--data", gym_files.data, "--config", gym_files.config)

    refused = churn("train", *options, "--model-root", tmp_path / "models" / "deep")

    assert refused.exit_code == 2
    assert "models: Not a directory; a file stands where a folder is needed" in refused.stderr
    assert (tmp_path / "models").read_text() == "a file"


def test_a_read_only_registry_is_refused_before_the_training(
    gym_files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    monkeypatch.setattr(os, "access", lambda _, mode: not mode & os.W_OK)  # root may write
    options = ("--data", gym_files.data, "--config", gym_files.config)

    refused = churn("train", *options, "--model-root", tmp_path / "models")

    assert refused.exit_code == 2
    assert "cannot be written; choose a folder that this user may write" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_can_be_made_is_writable(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")

    assert not (tmp_path / "a").exists()


def test_an_alias_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "folder", b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_scores_for_a_full_device_are_refused_in_one_line(
    gym_version: Registration, gym_files: Any
) -> None:
    root = gym_version.folder.parent.parent
    options = ("--data", gym_files.data, "--model-root", root, "--name", "gym")

    refused = churn("predict", *options, "--output", "/dev/full")

    assert refused.exit_code == 1
    assert "/dev/full: cannot be written (No space left on device)" in refused.stderr
