"""Files of pickle and joblib: sizes, compression, arrays between the instructions."""

import bz2
import gzip
import lzma
import zlib
from io import BytesIO
from typing import Any, BinaryIO, cast

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports.arrays import has_objects, is_wrapper, read_announced
from churn_service.training.imports.inert import Inert, damaged
from churn_service.training.imports.pickle_machine import read_pickle

LARGEST_FILE = 64 * 1024 * 1024
_DEEPEST = 20
_GZIP, _BZ2, _XZ, _LZMA, _LZ4 = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"]\x00", b"\x04\x22M\x18"
_ZIP, _HDF, _OLD_JOBLIB = b"PK\x03\x04", b"\x89HDF", b"ZF"
_ZLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")


def read_objects(data: bytes) -> list[Any]:
    """Return the objects of a file: courses pickle two of them one after another.

    Raises:
        ForeignModelError: When the file is none, is damaged, or has what no model needs.
    """
    content = _inflated(data)
    file, found = BytesIO(content), list[Any]()
    while file.tell() < len(content):
        if len(found) == _DEEPEST:
            raise damaged("it holds more objects than a model has")
        found.append(read_pickle(file, _Reader().fill))
    if not found:
        raise damaged("it is empty")
    return found


class _Reader:
    """Reads the arrays that joblib writes between the instructions of a pickle."""

    def __init__(self) -> None:
        self._depth = 0

    def fill(self, made: Inert, file: BytesIO) -> None:
        """Read the array behind its announcement."""
        if not is_wrapper(made):
            return
        if not has_objects(made):
            made.raw = read_announced(made, file)
            return
        self._depth += 1
        if self._depth > _DEEPEST:
            raise damaged("arrays lie within arrays")
        inner = read_pickle(file, self.fill)
        self._depth -= 1
        made.raw = _entries(inner)


def _entries(inner: object) -> list[Any]:
    """Return the entries of an array of objects, which is a pickle within the pickle."""
    state = inner.state if isinstance(inner, Inert) else None
    if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[4], list):
        raise damaged("an array of objects has no entries")
    return state[4]


def _inflated(data: bytes) -> bytes:
    if data.startswith((_ZIP, _HDF)):
        raise ForeignModelError(
            "the file is no pickle: archives of skops, PyTorch and Keras are not read; "
            "load it where it was made and save it with pickle or joblib"
        )
    if data.startswith((_LZ4, _OLD_JOBLIB)):
        raise ForeignModelError(
            "the file is of an old joblib, or compressed with lz4; save it with "
            "joblib.dump(model, path) of a current release"
        )
    if data.startswith(_ZLIB):
        return _limited(zlib.decompressobj().decompress(data, LARGEST_FILE + 1))
    opener = _opener(data)
    return data if opener is None else _limited(opener.read(LARGEST_FILE + 1))


def _opener(data: bytes) -> BinaryIO | None:
    raw = BytesIO(data)
    if data.startswith(_GZIP):
        return cast("BinaryIO", gzip.GzipFile(fileobj=raw))
    if data.startswith(_BZ2):
        return cast("BinaryIO", bz2.BZ2File(raw))
    if data.startswith((_XZ, _LZMA)):
        return cast("BinaryIO", lzma.LZMAFile(raw))
    return None


def _limited(content: bytes) -> bytes:
    if len(content) > LARGEST_FILE:
        raise ForeignModelError(f"the file inflates to more than {LARGEST_FILE >> 20} MiB")
    return content
