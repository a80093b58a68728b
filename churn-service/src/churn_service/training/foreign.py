"""Files of other kinds, known by their first bytes, and how to get a table out of them."""

import codecs
import tomllib
from functools import cache
from importlib import resources

_BLANK = b" \t\r\n"
_LONGEST_START = 64
_ZERO_SHARE = 0.3


def foreign_kind(data: bytes) -> str | None:
    """Return what a file is and what to do with it, or None for a table in text."""
    start = data[:_LONGEST_START].removeprefix(codecs.BOM_UTF8)
    for first, what in _kinds():
        if start.startswith(first) or start.lstrip(_BLANK).startswith(first):
            return what
    return None


def zero_byte(data: bytes) -> str | None:
    """Return where the first zero byte stands and what it tells, or None without one."""
    if b"\x00" not in data:
        return None
    start = data[:4096]
    if start.count(0) > _ZERO_SHARE * len(start):
        return "has a zero in every other byte, like UTF-16 without its mark; save it as UTF-8"
    return f"is no text: byte {data.index(0)} is zero; export it as CSV in UTF-8"


@cache
def _kinds() -> list[tuple[bytes, str]]:
    packaged = resources.files("churn_service.training") / "foreign.toml"
    kinds = tomllib.loads(packaged.read_text(encoding="utf-8"))["kinds"]
    return [(_bytes(kind["start"]), kind["what"]) for kind in kinds]


def _bytes(start: str) -> bytes:
    return bytes.fromhex(start[2:]) if start.startswith("0x") else start.encode()
