import stat
from pathlib import Path

import pytest

from gateway_keys.errors import KeysError, RefusedError
from gateway_keys.key_files import read_key, refuse_existing, write_key


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_key_file_has_exactly_the_asked_mode(tmp_path: Path, mode: int) -> None:
    write_key(tmp_path / "folder" / "key", "secret", mode)
    assert stat.S_IMODE((tmp_path / "folder" / "key").stat().st_mode) == mode
    assert read_key(tmp_path / "folder" / "key") == "secret"


def test_a_draft_of_a_crash_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "key.draft").write_text("half")
    write_key(tmp_path / "key", "secret")
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeysError, match="cannot be written to"):
        write_key(tmp_path / "file" / "key", "secret")


def test_a_missing_file_holds_no_key(tmp_path: Path) -> None:
    assert read_key(tmp_path / "key") is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff")
    with pytest.raises(KeysError, match="cannot be read"):
        read_key(tmp_path / "key")


def test_a_key_is_never_written_over_another(tmp_path: Path) -> None:
    write_key(tmp_path / "key", "secret")
    with pytest.raises(RefusedError, match="may hold a key"):
        refuse_existing(tmp_path / "key")
    refuse_existing(tmp_path / "other")
