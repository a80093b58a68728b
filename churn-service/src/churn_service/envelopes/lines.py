"""Errors of a body whose customers stand on lines: each names its line."""

import re
from collections.abc import Sequence

import msgspec

from churn_contract.errors import InvalidCustomersError

_ROW = re.compile(r"/(\d+)")


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
