"""Have a foreign file read by a child process with limits."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports import child
from churn_service.training.imports.found import Found
from churn_service.training.imports.pickle_files import LARGEST_FILE

MODULE = child.__name__
SECONDS = 60


def read_foreign(paths: Sequence[Path]) -> Found:
    """Return the model that these pickle or joblib files hold together.

    Raises:
        ForeignModelError: When it cannot be converted, or a file is not what it should be.
    """
    request = child.Request(tuple(map(_content, paths)))
    reply = msgspec.msgpack.decode(_asked(msgspec.msgpack.encode(request)), type=child.Reply)
    if reply.found is None:
        raise ForeignModelError(reply.error)
    return reply.found


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_FILE:
        raise ForeignModelError(f"{path} is larger than {LARGEST_FILE >> 20} MiB")
    return path.read_bytes()


def _asked(request: bytes) -> bytes:
    command = [sys.executable, "-I", "-m", MODULE]
    try:
        done = subprocess.run(
            command,
            input=request,
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env={},
            cwd="/",
        )
    except subprocess.TimeoutExpired as error:
        raise ForeignModelError(f"reading the file took more than {SECONDS} s") from error
    if done.returncode:
        raise ForeignModelError(
            f"the process that reads the file ended with {done.returncode}: the file needs more "
            "memory or time than any model, or is made to do harm"
        )
    return done.stdout
