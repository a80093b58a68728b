"""Whatever byte of an artefact changes, the service refuses it and says where."""

import shutil
from pathlib import Path

import pytest

from churn_service.artefact.errors import ArtefactError
from churn_service.loading import load_predictor
from churn_service.training.trainer import Registration

FILES = ("model.json", "golden.jsonl", "manifest.json", "metrics.json", "report.txt", "card.md")
POSITIONS = 60


@pytest.fixture
def folder(gym_version: Registration, tmp_path: Path) -> Path:
    copy = tmp_path / gym_version.folder.name
    shutil.copytree(gym_version.folder, copy)
    return copy


def refusal(folder: Path) -> ArtefactError:
    with pytest.raises(ArtefactError) as caught:
        load_predictor(folder)
    return caught.value


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_a_changed_byte_is_refused_with_file_and_reason(folder: Path, file: str, mask: int) -> None:
    data = (folder / file).read_bytes()
    places = {*range(0, len(data), max(1, len(data) // POSITIONS)), len(data) - 1}

    for place in sorted(places):
        changed = bytearray(data)
        changed[place] ^= mask
        (folder / file).write_bytes(changed)
        error = refusal(folder)
        assert error.file
        assert error.reason


def test_every_single_byte_of_the_manifest_counts(folder: Path) -> None:
    data = (folder / "manifest.json").read_bytes()

    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x01
        (folder / "manifest.json").write_bytes(changed)
        assert refusal(folder).reason


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(folder: Path, file: str, share: float) -> None:
    data = (folder / file).read_bytes()
    (folder / file).write_bytes(data[: int(share * len(data))])

    assert refusal(folder).file == file


@pytest.mark.parametrize("file", FILES)
def test_a_longer_file_is_refused(folder: Path, file: str) -> None:
    with (folder / file).open("ab") as stream:
        stream.write(b" ")

    assert refusal(folder).file == file


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_refused(folder: Path, file: str) -> None:
    (folder / file).unlink()

    assert refusal(folder).file == file


def test_the_untouched_copy_is_served(folder: Path) -> None:
    assert load_predictor(folder).version == folder.name
