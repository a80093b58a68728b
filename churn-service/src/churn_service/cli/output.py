"""Where a command writes a file: whole under its name, or not at all."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside `path` that takes its place when the block ends well.

    A pipe or a device is written to at once.

    Raises:
        ClickException: It cannot be written; nothing is left behind.
    """
    is_special = path.exists() and not path.is_file()
    beside = path if is_special else path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            yield file
        if not is_special:
            beside.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise click.ClickException(f"{path}: cannot be written ({reason})") from error
    finally:
        if not is_special:
            beside.unlink(missing_ok=True)


@contextmanager
def whole_stdout() -> Iterator[IO[bytes]]:
    """Give a file that is copied to stdout when the block ends well."""
    with tempfile.TemporaryFile() as file:
        yield file
        file.seek(0)
        shutil.copyfileobj(file, sys.stdout.buffer)
