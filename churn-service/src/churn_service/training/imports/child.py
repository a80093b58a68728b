"""The child process that reads a foreign file: no network, no files, little memory.

Nothing of the file is run here either (see pickle_machine); the limits are for faults in
the readers themselves, and for files that are made to be large.
"""

import resource
import sys
from typing import Any

import msgspec

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports.allowed import checked
from churn_service.training.imports.estimators import find_model
from churn_service.training.imports.found import Found
from churn_service.training.imports.pickle_files import read_objects

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 30
_FORBIDDEN = (
    "ctypes.", "exec", "import", "open", "os.", "pty.", "shutil.", "socket.", "subprocess.",
    "urllib.",
)  # fmt: skip


class Request(msgspec.Struct, frozen=True):
    """What the child is asked: the contents of the files that make a model together."""

    files: tuple[bytes, ...]


class Reply(msgspec.Struct, frozen=True):
    """What the child found, or why there is nothing."""

    found: Found | None = None
    error: str = ""


def main() -> None:
    """Read the files on stdin and write what they hold to stdout."""
    _limit()
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    checked("builtins", "object")  # loads the table of names while files may be opened
    for codec in ("utf-32-le", "utf-32-be", "latin-1", "raw-unicode-escape", "ascii"):
        "".encode(codec)  # loads it
    sys.addaudithook(_forbid)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer(request)))
    sys.stdout.buffer.flush()


def answer(request: Request) -> Reply:
    """Return the model in the files of a request."""
    try:
        objects = [value for data in request.files for value in read_objects(data)]
        return Reply(found=find_model(objects))
    except ForeignModelError as error:
        return Reply(error=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a file of anybody's brings about is a refusal
        return Reply(error=f"the file is damaged or no model ({type(error).__name__})")


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))


def _forbid(event: str, _: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is forbidden while a foreign file is read")


if __name__ == "__main__":
    main()
