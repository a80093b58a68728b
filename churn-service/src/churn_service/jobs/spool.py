"""Take the input of a job: an upload to the disk, or a file of the mounted folder."""

import errno
import hashlib
import shutil
from pathlib import Path
from typing import IO, NamedTuple

from churn_service.errors import FileNotFoundInDataError, StorageFullError, UnreadableBodyError

_CHUNK_BYTES = 1 << 20
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Spooled(NamedTuple):
    """An input on disk: its size and its sha256."""

    size: int
    sha256: str


def spool(stream: IO[bytes], target: Path, expected_bytes: int | None) -> Spooled:
    """Write an upload to a file.

    Args:
        stream: The body; it enforces its own limit.
        target: Where to write it.
        expected_bytes: Its length when the caller told it.

    Raises:
        StorageFullError: There is no room for it.
        UnreadableBodyError: The connection broke off before all of it had come.
    """
    if expected_bytes and expected_bytes > shutil.disk_usage(target.parent).free:
        raise StorageFullError("The disk has less room than the body is long.")
    digest, size = hashlib.sha256(), 0
    try:
        with target.open("wb") as file:
            while chunk := stream.read(_CHUNK_BYTES):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise StorageFullError("The disk is full.") from error
    if expected_bytes is not None and size < expected_bytes:
        raise UnreadableBodyError("The upload broke off; send the file again.")
    return Spooled(size, digest.hexdigest())


def mounted_file(folder: Path | None, wanted: str) -> Path:
    """Return a file of the data folder, links and dots resolved.

    Raises:
        FileNotFoundInDataError: There is no such file, or it lies outside.
    """
    if folder is None:
        raise FileNotFoundInDataError("No data folder is set; CHURN_DATA_FOLDER names one.")
    root = folder.resolve()
    try:
        found = (root / wanted).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        found = root
    if not found.is_file() or not found.is_relative_to(root):
        raise FileNotFoundInDataError("There is no such file in the data folder.")
    return found
