"""Files that hold one secret key: written whole or not at all, and only once."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway_keys.errors import KeysError, RefusedError

PRIVATE_MODE = 0o600


def refuse_existing(path: Path) -> None:
    """Refuse to write over a file that may hold another key.

    Raises:
        RefusedError: Something is there already.
    """
    if path.exists():
        raise RefusedError(f"{path} exists and may hold a key; remove it or name another file")


@contextmanager
def reserved(path: Path, mode: int = PRIVATE_MODE) -> Iterator[Callable[[str], None]]:
    """Open the file before there is a key, and give the function that writes the key.

    A place that cannot be written is found while nothing is lost yet. When the block
    ends without a key, no file is left. The file never holds half a key.

    Raises:
        KeysError: The file cannot be written.
    """
    draft = path.with_name(path.name + ".draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield lambda key: _fill(handle, draft, path, key, mode)
    finally:
        os.close(handle)
        draft.unlink(missing_ok=True)


def write_key(path: Path, key: str, mode: int = PRIVATE_MODE) -> None:
    """Write a key that exists already, and a line end.

    Raises:
        KeysError: The file cannot be written.
    """
    with reserved(path, mode) as write:
        write(key)


def _fill(handle: int, draft: Path, path: Path, key: str, mode: int) -> None:
    try:
        os.write(handle, f"{key}\n".encode("ascii"))
        os.fchmod(handle, mode)
        os.fsync(handle)
        draft.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> KeysError:
    return KeysError(f"the key cannot be written to {path}: {error.strerror}")


def read_key(path: Path) -> str | None:
    """Return the key in the file, or None when there is no file.

    Raises:
        KeysError: The file is there but cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise KeysError(f"the key file {path} cannot be read: {error}") from error
