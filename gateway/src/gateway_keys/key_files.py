"""Files that hold one secret key: written whole or not at all, and only once."""

import os
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


def write_key(path: Path, key: str, mode: int = PRIVATE_MODE) -> None:
    """Write the key and a line end; the file never holds half a key.

    Raises:
        KeysError: The file cannot be written.
    """
    draft = path.with_name(path.name + ".draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(key + "\n")
            os.fchmod(handle, mode)
            stream.flush()
            os.fsync(handle)
        draft.replace(path)
    except OSError as error:
        raise KeysError(f"the key cannot be written to {path}: {error.strerror}") from error


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
