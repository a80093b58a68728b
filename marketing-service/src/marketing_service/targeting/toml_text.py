"""TOML from strangers: read by the standard parser, within a depth that harms nobody."""

import re
import tomllib
from collections.abc import Mapping
from typing import Final

MOST_LEVELS: Final = 32
MOST_PARTS: Final = 100
"""Of one key; more than levels, for a sentence with many dots looks like a key too."""

_PART: Final = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
# The parser takes quadratic time for the parts of one key.
_LONG_KEY: Final = re.compile(rf"(?:{_PART}\.[ \t]*+){{{MOST_PARTS}}}")


def read_toml(text: str) -> dict[str, object]:
    """Parse TOML; refuse what is nested deeper than any file of ours.

    Whatever walks over a value later recurses on the C stack, be it only to write it into
    a message; that stack is small in a server's threads, and its overflow ends the process.

    Raises:
        ValueError: It is no TOML, or nested too deeply.
    """
    too_deep = f"it is nested deeper than {MOST_LEVELS} levels"
    if _LONG_KEY.search(text):
        raise ValueError(too_deep)
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ValueError(too_deep) from None
    if _is_deep(document):
        raise ValueError(too_deep)
    return document


def _is_deep(document: object) -> bool:
    """Look level by level, not by recursion."""
    level = [document]
    for _ in range(MOST_LEVELS):
        level = [inner for value in level for inner in _inside(value)]
    return bool(level)


def _inside(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []
