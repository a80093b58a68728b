"""Tensors as raw bytes: the binary extension of the Open Inference Protocol.

The JSON comes first, its length is in a header; the tensors follow in the order of the
inputs, little-endian, row-major, without gaps. A BYTES element is its length as an
unsigned 32-bit integer, then that many bytes.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from itertools import chain

from churn_service.errors import UnreadableBodyError

HEADER_LENGTH = "Inference-Header-Content-Length"
# https://docs.python.org/3/library/struct.html#format-characters
_LETTERS = {
    "BOOL": "?",
    "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q",
    "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q",
    "FP16": "e", "FP32": "f", "FP64": "d",
}  # fmt: skip
BYTES = "BYTES"
DATATYPES = (*_LETTERS, BYTES)
_LENGTH = struct.Struct("<I")
_DIGITS = re.compile(r"[0-9]{1,15}")


def split_body(body: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    """Return the JSON and the bytes of the tensors behind it.

    Args:
        body: The whole body.
        header_length: Value of `Inference-Header-Content-Length`; None when not sent.

    Raises:
        UnreadableBodyError: The header is no length of this body's JSON.
    """
    if header_length is None:
        return body, b""
    length = int(header_length) if _DIGITS.fullmatch(header_length) else 0
    if not 0 < length <= len(body):
        raise UnreadableBodyError(
            f"{HEADER_LENGTH} must be the length of the JSON in bytes: above 0, "
            f"at most {len(body)} here. Raw requests without JSON are not taken."
        )
    return body[:length], body[length:]


class TensorBytes:
    """The bytes behind the JSON, handed out tensor by tensor."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._used = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            UnreadableBodyError: There are not so many.
        """
        part = self._content[self._used : self._used + size]
        if len(part) != size:
            raise UnreadableBodyError("The body ends before the last binary tensor does.")
        self._used += size
        return part

    def check_end(self) -> None:
        """Raise UnreadableBodyError when bytes are left that no tensor names."""
        left = len(self._content) - self._used
        if left:
            raise UnreadableBodyError(f"{left} bytes behind the JSON belong to no tensor.")


def unpack(datatype: str, count: int, content: bytes) -> list[object]:
    """Return the elements of one tensor; FP16 and FP32 are widened without rounding.

    Raises:
        UnreadableBodyError: The bytes are not exactly `count` elements of the datatype.
    """
    if datatype == BYTES:
        return _texts(count, content)
    letter = _LETTERS[datatype]
    if count * struct.calcsize(f"<{letter}") != len(content):
        raise UnreadableBodyError(f"They are not as many elements of {datatype} as the shape says.")
    if datatype == "BOOL" and content.strip(b"\x00\x01"):
        raise UnreadableBodyError("An element of BOOL is one byte, 0 or 1.")
    return list(struct.unpack(f"<{count}{letter}", content))


def pack(datatype: str, values: Sequence[float | bool]) -> bytes:
    """Return the bytes of a tensor of numbers or booleans."""
    return struct.pack(f"<{len(values)}{_LETTERS[datatype]}", *values)


def _texts(count: int, content: bytes) -> list[object]:
    try:
        found: list[object] = [part.decode("utf-8") for part in _parts(content)]
    except UnicodeDecodeError:
        raise UnreadableBodyError("An element of BYTES is not UTF-8 text.") from None
    if len(found) != count:
        raise UnreadableBodyError("They are not as many elements of BYTES as the shape says.")
    return found


def _parts(content: bytes) -> Iterator[bytes]:
    position, end = 0, len(content)
    while position < end:
        start = position + _LENGTH.size
        length = _LENGTH.unpack_from(content, position)[0] if start <= end else end
        position = start + length
        if position > end:
            raise UnreadableBodyError("An element of BYTES ends behind its tensor.")
        yield content[start:position]


def flattened(data: list[object]) -> list[object]:
    """Return the elements of nested lists of one level, or of a flat list, in order."""
    if list not in set(map(type, data)):
        return data
    return list(chain.from_iterable(row if isinstance(row, list) else (row,) for row in data))
