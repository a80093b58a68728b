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
    inflater = zlib.decompressobj(window_bits)
    try:
        found = inflater.decompress(content, max_bytes + 1)
    except zlib.error:
        raise UnreadableBodyError("The body is not what its Content-Encoding says.") from None
    if len(found) > max_bytes:
        raise RequestEntityTooLarge
    if not inflater.eof or inflater.unused_data:
        raise UnreadableBodyError("The compressed body is cut short, or bytes follow it.")
    return found
