"""Errors of a body whose customers stand on lines: each names its line."""

import re
from collections.abc import Sequence

import msgspec

from churn_contract.errors import InvalidCustomersError, MalformedBodyError

LONGEST_LINE = 65_536
_ROW = re.compile(r"/(\d+)")


def check_lengths(content: bytes) -> None:
    """Refuse lines of a length that no customer needs, before any parser sees them.

    Raises:
        MalformedBodyError: With the line and the byte where it begins.
    """
    lengths = list(map(len, content.split(b"\n")))
    if max(lengths) <= LONGEST_LINE:
        return
    place = next(place for place, length in enumerate(lengths) if length > LONGEST_LINE)
    detail = f"line {place + 1} is longer than {LONGEST_LINE} bytes"
    raise MalformedBodyError(detail, sum(lengths[:place]) + place)


def with_lines(error: InvalidCustomersError, lines: Sequence[int]) -> InvalidCustomersError:
    """Return the error with the line in front of each detail; pointers stay."""
    named = tuple(
        msgspec.structs.replace(item, detail=f"{_line(item.pointer, lines)}{item.detail}")
        for item in error.errors
    )
    return InvalidCustomersError(named, error.total)


def _line(pointer: str, lines: Sequence[int]) -> str:
    found = _ROW.match(pointer)
    return f"line {lines[int(found[1])]}: " if found else ""
