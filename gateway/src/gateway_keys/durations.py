"""Lengths of time as people type them: 90d, 12h, 30m, 45s."""

import re
import time

from gateway_keys.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds_of(text: str) -> int:
    """Return the seconds of `90d`, `12h`, `30m` or `45s`.

    Raises:
        UsageError: The text is no such length, or it is zero.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", text)
    if match is None:
        raise UsageError(f"{text!r} is no length of time; write 90d, 12h, 30m or 45s")
    return int(match[1]) * _UNITS[match[2]]


def as_utc(seconds: int) -> str:
    """Return a time in RFC 3339, or "never" for 0."""
    if seconds == 0:
        return "never"
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
