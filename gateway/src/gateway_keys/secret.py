"""The key itself: 9 prefix characters, 32 random ones, 6 of checksum.

The shape lets a person select a key with one double click and lets a scanner find a
leaked one; 190 random bits make a fast unsalted SHA-256 the right digest at rest.
"""

import hashlib
import re
import zlib
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LIVE_PREFIX = "chk_live_"
TEST_PREFIX = "chk_test_"
RANDOM_CHARACTERS = 32
CHECKSUM_CHARACTERS = 6
KEY_LENGTH = len(LIVE_PREFIX) + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS
KEY_PATTERN = re.compile(r"chk_(?:live|test)_[0-9A-Za-z]{38}")

Choose = Callable[[str], str]


def checksum(body: str) -> str:
    """Return the six base62 digits of the CRC-32 of prefix and random part."""
    rest = zlib.crc32(body.encode("ascii"))
    digits = ""
    for _ in range(CHECKSUM_CHARACTERS):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def make_key(choose: Choose, *, test: bool = False) -> str:
    """Return a new key; `choose` picks one character of an alphabet at random."""
    prefix = TEST_PREFIX if test else LIVE_PREFIX
    body = prefix + "".join(choose(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return body + checksum(body)


def digest_of(key: str) -> str:
    """Return the hexadecimal SHA-256 under which the key is stored."""
    return hashlib.sha256(key.encode("utf-8")).hexdigest()


def complaint(key: str) -> str | None:
    """Say what is wrong with the shape of a key, or None when nothing is.

    Args:
        key: What a person pasted; it is never repeated in the answer.
    """
    if not key.startswith((LIVE_PREFIX, TEST_PREFIX)):
        return f"a key starts with {LIVE_PREFIX} or {TEST_PREFIX}"
    if len(key) != KEY_LENGTH:
        return f"a key has {KEY_LENGTH} characters, this has {len(key)}: is a part missing?"
    if not KEY_PATTERN.fullmatch(key):
        return "a key holds only letters and digits after its prefix"
    if checksum(key[:-CHECKSUM_CHARACTERS]) != key[-CHECKSUM_CHARACTERS:]:
        return "the checksum does not fit: a character is mistyped or changed its case"
    return None
