"""Bodies that were compressed on their way: gzip and deflate, inflated up to a limit."""

import zlib

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from churn_service.errors import UnreadableBodyError, UnsupportedBodyError

# https://docs.python.org/3/library/zlib.html#zlib.decompress: 16 + 15 is gzip, 15 is zlib,
# which is what HTTP calls deflate (RFC 9110, 8.4.1.2)
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


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
    content = request.get_data(cache=False)
    return content if coding == "identity" else _inflated(content, _WINDOW_BITS[coding], max_bytes)


def _inflated(content: bytes, window_bits: int, max_bytes: int) -> bytes:
    """Inflate all members of a body; gzip allows several (RFC 1952, 2.2)."""
    parts, left = [], max_bytes
    while content or not parts:
        inflater = zlib.decompressobj(window_bits)
        try:
            parts.append(inflater.decompress(content, left + 1))
        except zlib.error:
            raise UnreadableBodyError("The body is not what its Content-Encoding says.") from None
        left -= len(parts[-1])
        if left < 0:
            raise RequestEntityTooLarge
        if not inflater.eof:
            raise UnreadableBodyError("The compressed body is cut short.")
        content = inflater.unused_data
    return b"".join(parts)
