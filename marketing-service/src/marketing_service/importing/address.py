"""Mail addresses: what can be written to, and a hash that cannot be guessed."""

import hashlib
import hmac
import re
from typing import Final

LONGEST: Final = 254
LONGEST_LOCAL: Final = 64
# Stricter than RFC 5321: no quoted local parts, no address literals, a dot in the domain.
_FORM: Final = re.compile(
    r"""[^\s"(),:;<>@\[\\\]\x00-\x1f\x7f]+ @ (?: [^\W_] (?: [\w-]* [^\W_] )? \. )+ [^\W_]{2,}""",
    re.VERBOSE,
)


def read_address(cell: str) -> str | None:
    """Return the address in a cell, its domain in lower case; None for an empty cell.

    Raises:
        ValueError: no mail could go there; the message says what is expected.
    """
    text = cell.strip()
    if not text:
        return None
    local, _, domain = text.rpartition("@")
    is_long = len(text.encode()) > LONGEST or len(local.encode()) > LONGEST_LOCAL
    if is_long or ".." in text or not _FORM.fullmatch(text):
        raise ValueError("must be a mail address like name@example.com, or empty")
    return f"{local}@{domain.lower()}"


def address_hash(key: bytes, address: str) -> bytes:
    """Return the keyed hash by which an address is known after it was erased."""
    return hmac.digest(key, b"address|" + address.casefold().encode(), hashlib.sha256)
