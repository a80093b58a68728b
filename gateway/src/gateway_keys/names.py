"""What a key may be called: these words stand in headers and '|'-separated records later."""

import re

from gateway_keys.errors import UsageError

OWNER_PATTERN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
NAME_PATTERN = re.compile(r"[ -~]{1,64}")


def check_names(name: str, owner: str) -> None:
    """Refuse a name or an owner that could not stand in a header or a list.

    Raises:
        UsageError: With the rule that was broken.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise UsageError("a name has 1 to 64 printable ASCII characters")
    if not OWNER_PATTERN.fullmatch(owner):
        raise UsageError(
            "an owner has 1 to 64 characters of a-z 0-9 . _ @ - and starts with a letter or digit"
        )
