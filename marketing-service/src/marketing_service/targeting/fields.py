"""Read a campaign file table by table and collect every error on the way."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar

_T = TypeVar("_T")
_SHOWN = 60

REQUIRED = object()
"""Default of a key that must be given."""


@dataclass(frozen=True)
class SpecError:
    """One thing that is wrong with a campaign file.

    Attributes:
        path: where, such as `offers[0].contact_eur`; empty for the whole file.
        message: what is expected and what was found.
    """

    path: str
    message: str

    @property
    def pointer(self) -> str:
        """The same place as a JSON pointer (RFC 6901)."""
        if not self.path:
            return ""
        return "/" + self.path.replace("[", ".").replace("]", "").replace(".", "/")

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class CampaignFileError(ValueError):
    """A campaign file is wrong; `errors` lists everything at once."""

    def __init__(self, errors: Sequence[SpecError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = tuple(errors)


def shown(value: object) -> str:
    """Write a value the way its author would recognise it, shortened."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "a table"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


@dataclass
class Reader:
    """Take typed values out of one table; errors go to a list, never up.

    A value that is wrong is replaced by its default or by a neutral one, so that the
    reading goes on; the caller must look at `errors` before it uses anything.

    Attributes:
        table: the table as parsed.
        path: where the table stands in the file; empty at the top.
        errors: shared by all tables of one file.
    """

    table: Mapping[str, object]
    path: str
    errors: list[SpecError]
    known: list[str] = field(default_factory=list)

    def place(self, key: str) -> str:
        """Name the path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def fail(self, key: str, message: str) -> None:
        """Note an error at a key; an empty key is the table itself."""
        self.errors.append(SpecError(self.place(key) if key else self.path, message))

    def wrong(self, key: str, rule: str, got: object) -> None:
        """Note that a key's value breaks its rule."""
        self.fail(key, f"must be {rule} (got {shown(got)})")

    def take(self, key: str, rule: str, default: object) -> object:
        """Take a raw value; a missing required one or a null is an error and gives None."""
        self.known.append(key)
        if key in self.table:
            if self.table[key] is None:
                self.wrong(key, rule, None)
            return self.table[key]
        if default is REQUIRED:
            self.fail(key, f"is missing (expected {rule})")
            return None
        return default

    def number(
        self,
        key: str,
        rule: str,
        *,
        low: float = -math.inf,
        high: float = math.inf,
        default: object = REQUIRED,
    ) -> float | None:
        """Take a finite number between two limits, or None when it may be absent."""
        value = self.take(key, rule, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, rule, value)
            return None
        if not (math.isfinite(value) and low <= value <= high):
            self.wrong(key, rule, value)
            return None
        return float(value)

    def whole(
        self, key: str, rule: str, *, low: int, high: float = math.inf, default: object = REQUIRED
    ) -> int | None:
        """Take a whole number between two limits, or None when it may be absent."""
        value = self.take(key, rule, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(key, rule, value)
            return None
        return value

    def text(
        self, key: str, rule: str, *, most: int = 200, default: object = REQUIRED
    ) -> str | None:
        """Take text of at least one visible character, or None when absent."""
        value = self.take(key, rule, default)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            self.wrong(key, rule, value)
            return None
        return value

    def line(self, key: str, rule: str, *, default: object = REQUIRED) -> str | None:
        """Take text of one line: what goes into a mail header must not break it."""
        value = self.text(key, rule, default=default)
        if value is not None and not value.isprintable():
            self.wrong(key, rule, value)
            return None
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Take true or false."""
        value = self.take(key, "true or false", default)
        if isinstance(value, bool):
            return value
        if value is not None:
            self.wrong(key, "true or false", value)
        return default

    def choice(self, key: str, words: Sequence[str], *, default: object = REQUIRED) -> str:
        """Take one of a few words; a wrong one names the nearest."""
        rule = "one of " + ", ".join(words)
        value = self.take(key, rule, default)
        if isinstance(value, str) and value in words:
            return value
        if value is not None:
            near = get_close_matches(str(value), words, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.fail(key, f"must be {rule} (got {shown(value)}){hint}")
        return words[0]

    def sub(self, key: str, *, required: bool = False) -> "Reader":
        """Open a table inside this one; an absent one reads as empty."""
        value = self.take(key, "a table", REQUIRED if required else {})
        if not isinstance(value, Mapping):
            if value is not None:
                self.wrong(key, "a table", value)
            return Reader({}, self.place(key), [])
        return Reader(value, self.place(key), self.errors)

    def finish(self) -> None:
        """Note every key that nobody asked for, with the nearest known one."""
        for key in self.table:
            if key not in self.known:
                near = get_close_matches(str(key), self.known, 1, cutoff=0.5)
                hint = f"did you mean `{near[0]}`?" if near else "known: " + ", ".join(self.known)
                self.fail(str(key), f"is not a known key; {hint}")


def first(value: _T | None, otherwise: _T) -> _T:
    """Give a value, or a stand-in where reading it has failed."""
    return otherwise if value is None else value


def pattern(
    reader: Reader, key: str, regex: re.Pattern[str], rule: str, *, default: object = REQUIRED
) -> str:
    """Take text that matches a regular expression as a whole; empty when wrong."""
    value = reader.take(key, rule, default)
    if isinstance(value, str) and regex.fullmatch(value):
        return value
    if value is not None:
        reader.wrong(key, rule, value)
    return ""
