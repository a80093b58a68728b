"""Strict JSON: what RFC 8259 and I-JSON allow, else the byte at which it breaks."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from churn_contract.errors import MalformedBodyError

MAXIMUM_DEPTH = 100
_LONGEST_INTEGER = 400  # digits; beyond, the number is infinite as a float anyway
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")(?P<key>[ \t\r\n]*:)?|(?P<open>[\[{])|(?P<close>[\]}])'
    r"|(?P<constant>NaN|-?Infinity)",
    re.DOTALL,
)
# Possessive: a string of megabytes costs one step, and nothing is ever tried twice.
_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{\]}]', re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class _FaultError(Exception):
    """Something that the parser takes and we do not; where it is, is looked up."""


def parse_json(body: bytes) -> object:
    """Parse a body; MalformedBodyError with the byte offset when it is not strict JSON.

    Beside broken syntax it refuses byte order marks, NaN and Infinity, equal keys in
    one object, lone surrogates, and nesting deeper than a hundred levels. A number
    too large for a float becomes infinite, which no limit of a schema lets pass.
    """
    text = _decode(body)
    check_depth(body)
    try:
        parsed = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_constant, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        detail = f"the body is not valid JSON: {error.msg.lower()}"
        raise MalformedBodyError(detail, _bytes_before(text, error.pos)) from None
    except _FaultError:
        raise _first_fault(text) from None
    if "\\u" in text:
        for fault in _faults(text):
            raise fault
    return parsed


def check_depth(body: bytes) -> None:
    """Refuse nesting deeper than a hundred levels, before any parser sees the body.

    Parsers recurse once per level on the C stack, which is small in a server's threads:
    ten thousand brackets end the whole process there, with no exception to catch.

    Raises:
        MalformedBodyError: With the byte of the first bracket that is too deep.
    """
    if body.count(b"[") + body.count(b"{") <= MAXIMUM_DEPTH:
        return
    depth = 0
    for token in _BRACKET.finditer(body):
        start = token[0][:1]
        depth += (start in b"[{") - (start in b"]}")
        if depth > MAXIMUM_DEPTH:
            raise MalformedBodyError("the body is nested too deeply", token.start())


def _decode(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        detail = "the body is not valid UTF-8"
        raise MalformedBodyError(detail, error.start) from None
    if not text.strip(" \t\r\n"):
        raise MalformedBodyError("the body is empty; send one customer or an array of them", 0)
    if text.startswith("\ufeff"):
        raise MalformedBodyError("the body starts with a byte order mark; send plain UTF-8", 0)
    return text


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _FaultError
    return found


def _constant(_: str) -> NoReturn:
    raise _FaultError


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _bytes_before(text: str, position: int) -> int:
    return len(text[:position].encode())


def _first_fault(text: str) -> MalformedBodyError:
    nothing_found = MalformedBodyError("the body is not valid JSON")
    return next(_faults(text), nothing_found)


def _faults(text: str) -> Iterator[MalformedBodyError]:
    """Yield what strict JSON forbids, by walking over the tokens of the text."""
    keys: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        detail = _fault(token, keys)
        if detail:
            yield MalformedBodyError(detail, _bytes_before(text, token.start()))


def _fault(token: re.Match[str], keys: list[set[str]]) -> str:
    """Say what is wrong with one token; `keys` holds those of each open object."""
    if token["open"]:
        keys.append(set())
        return ""
    if token["close"]:
        keys.pop()
        return ""
    if token["constant"]:
        return "NaN and Infinity are not JSON; send null for a missing value"
    return _string_fault(token, keys)


def _string_fault(token: re.Match[str], keys: list[set[str]]) -> str:
    string = json.loads(token["string"])
    if _LONE_SURROGATE.search(string):
        return "a string holds half of a surrogate pair"
    if token["key"] is None:
        return ""
    if string in keys[-1]:
        return "the same key stands twice in one object"
    keys[-1].add(string)
    return ""
