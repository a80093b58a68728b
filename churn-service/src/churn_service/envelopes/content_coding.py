"""Bodies that were compressed on their way: gzip and deflate, inflated up to a limit."""

import zlib
from typing import Protocol

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from churn_service.errors import UnreadableBodyError, UnsupportedBodyError
from service_kit.bodies import read_body

# https://docs.python.org/3/library/zlib.html#zlib.decompress: 16 + 15 is gzip, 15 is zlib,
# which is what HTTP calls deflate (RFC 9110, 8.4.1.2)
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_MOST_MEMBERS = 1_000
_PIECE_BYTES = 65_536


class _Inflater(Protocol):
    """What `zlib.decompressobj` makes; its class has no public name."""

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was given after its end."""
        ...

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        """Inflate data, up to a length."""
        ...


def read_content(request: Request, max_bytes: int) -> bytes:
    """Return the body of a request, without its Content-Encoding.

    Raises:
        UnsupportedBodyError: The coding is another one.
        UnreadableBodyError: The content is damaged.
        RequestEntityTooLarge: It is longer than `max_bytes`, before or after.
    """
    coding = request.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if coding != "identity" and coding not in _WINDOW_BITS:
        raise UnsupportedBodyError(
            f"Send the body without Content-Encoding, or as one of {', '.join(_WINDOW_BITS)}.",
            headers={"Accept-Encoding": ", ".join(_WINDOW_BITS)},
        )
    content = read_body()
    return content if coding == "identity" else _inflated(content, _WINDOW_BITS[coding], max_bytes)


def _inflated(content: bytes, window_bits: int, max_bytes: int) -> bytes:
    """Inflate all members of a body; gzip allows several (RFC 1952, 2.2).

    What follows a member is copied, so it is read in pieces and members are bounded:
    megabytes of empty members would else take hours.
    """
    parts: list[bytes] = []
    left, position = max_bytes, 0
    for _ in range(_MOST_MEMBERS):
        inflater = zlib.decompressobj(window_bits)
        while not inflater.eof:
            piece = content[position : position + _PIECE_BYTES]
            parts.append(_inflated_piece(inflater, piece, left))
            left -= len(parts[-1])
            position += len(piece) - len(inflater.unused_data)
        if position == len(content):
            return b"".join(parts)
    raise UnreadableBodyError("The compressed body has too many members.")


def _inflated_piece(inflater: _Inflater, piece: bytes, left: int) -> bytes:
    if not piece:
        raise UnreadableBodyError("The compressed body is cut short.")
    try:
        found = inflater.decompress(piece, left + 1)
    except zlib.error:
        raise UnreadableBodyError("The body is not what its Content-Encoding says.") from None
    if len(found) > left:
        raise RequestEntityTooLarge
    return found
