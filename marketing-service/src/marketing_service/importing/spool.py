"""Uploads on their way from the web process to the worker: files in a shared folder."""

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from marketing_service.errors import ImportFileError, SpoolFullError

BLOCK_BYTES: Final = 1 << 20
ORPHAN_SECONDS: Final = 3_600
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class Received:
    """An upload that is on the disk but belongs to no import yet."""

    path: Path
    sha256: str


class Spool:
    """A folder of uploads, one file per import; both processes must see it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def receive(self, body: BinaryIO) -> Received:
        """Write a body to the disk block by block.

        Raises:
            ImportFileError: the body is empty.
            SpoolFullError: there is no room for it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{secrets.token_hex(8)}.part"
        try:
            received = Received(path, _write(body, path))
        except BaseException as error:
            path.unlink(missing_ok=True)
            raise _no_room(error) from error
        if path.stat().st_size == 0:
            path.unlink()
            raise ImportFileError("The file is empty.")
        return received

    def keep(self, received: Received, import_id: str) -> None:
        """Give an upload to an import; it survives a loss of power from now on."""
        received.path.rename(self.path(import_id))
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def discard(self, received: Received) -> None:
        """Drop an upload that nobody needs."""
        received.path.unlink(missing_ok=True)

    def path(self, import_id: str) -> Path:
        """Return where the file of an import lies, if it is still there."""
        return self._folder / f"{import_id}.csv"

    def remove(self, import_id: str) -> None:
        """Delete the file of an import that is finished."""
        self.path(import_id).unlink(missing_ok=True)

    def sweep(self, is_needed: Callable[[str], bool]) -> None:
        """Delete what killed processes left behind: personal data must not lie about.

        Args:
            is_needed: Tells by its id whether an import still needs its file.
        """
        oldest = time.time() - ORPHAN_SECONDS
        for path in self._folder.glob("*.*"):
            is_old = path.stat().st_mtime < oldest
            if is_old and not (path.suffix == ".csv" and is_needed(path.stem)):
                path.unlink(missing_ok=True)


def _write(body: BinaryIO, path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("xb") as file:
        while block := body.read(BLOCK_BYTES):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _no_room(error: BaseException) -> BaseException:
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return SpoolFullError("The disk of the spool folder is full; free some room and retry.")
    return error
