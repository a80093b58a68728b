import errno
import hashlib
import io
import os
import time
from pathlib import Path

import pytest

from marketing_service.errors import ImportFileError, SpoolFullError
from marketing_service.importing.spool import ORPHAN_SECONDS, Spool


class _FullDisk(io.BytesIO):
    def __init__(self, code: int) -> None:
        super().__init__()
        self._code = code

    def read(self, _size: int | None = -1) -> bytes:
        raise OSError(self._code, os.strerror(self._code))


def _age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_an_upload_lies_in_the_folder_of_its_import(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    content = b"a,b\n" * 1_000_000

    received = spool.receive(io.BytesIO(content))
    spool.keep(received, "i1")

    assert received.sha256 == hashlib.sha256(content).hexdigest()
    assert spool.path("i1").read_bytes() == content
    assert list((tmp_path / "spool").iterdir()) == [spool.path("i1")]


def test_a_discarded_upload_is_gone_and_a_kept_one_stays(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    dropped, kept = (spool.receive(io.BytesIO(b"x")) for _ in range(2))
    spool.keep(kept, "i1")

    spool.discard(dropped)
    spool.discard(kept)

    assert list(tmp_path.iterdir()) == [spool.path("i1")]
    spool.remove("i1")
    spool.remove("i1")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_upload_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="empty"):
        Spool(tmp_path).receive(io.BytesIO(b""))

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SpoolFullError, match="full"):
        Spool(tmp_path).receive(_FullDisk(errno.ENOSPC))

    assert list(tmp_path.iterdir()) == []


def test_a_client_that_goes_away_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        Spool(tmp_path).receive(_FullDisk(errno.ECONNRESET))

    assert list(tmp_path.iterdir()) == []


def test_what_killed_processes_left_is_swept_when_it_is_old(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for name in ("waiting.csv", "finished.csv", "half.part", "young.part", "younger.csv"):
        (tmp_path / name).write_text("x")
        _age(tmp_path / name, 0 if name.startswith("young") else ORPHAN_SECONDS + 60)

    spool.sweep(lambda import_id: import_id == "waiting")

    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["waiting.csv", "young.part", "younger.csv"]
