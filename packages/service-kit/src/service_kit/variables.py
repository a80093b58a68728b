"""Variables: one setting as it is declared, found in an environment and parsed."""

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_METADATA = "service_kit.setting"
_SWITCHES = {"1": True, "true": True, "yes": True, "on": True} | {
    "0": False, "false": False, "no": False, "off": False,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What the author of a settings class wrote about one field."""

    help: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    secret: bool
    env: str | None

    def metadata(self) -> dict[str, object]:
        """Wrap the declaration for `dataclasses.field`."""
        return {_METADATA: self}


@dataclass(frozen=True, kw_only=True)
class Found:
    """A parsed value and where its text came from."""

    value: object
    origin: str


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One environment variable behind one field of a settings class."""

    field: str
    name: str
    type: type
    default: Any
    declared: Declaration

    @property
    def is_required(self) -> bool:
        """Tell whether the process cannot start without the variable."""
        return self.default is dataclasses.MISSING

    @property
    def file_name(self) -> str | None:
        """Name the variable that may point at a file with the secret."""
        return f"{self.name}_FILE" if self.declared.secret else None

    @property
    def rule(self) -> str:
        """Say in words what the value must be."""
        if self.declared.choices:
            return f"one of {', '.join(self.declared.choices)}"
        low, high = self.declared.minimum, self.declared.maximum
        limits = [f"at least {low:,}"] if low is not None else []
        limits += [f"at most {high:,}"] if high is not None else []
        return " ".join([_KINDS[self.type][1], " and ".join(limits)]).strip()

    def find(self, environ: Mapping[str, str]) -> Found:
        """Take the value from the variable, its file or the default.

        Raises:
            ValueError: The message says what is wrong and what would be right.
        """
        text, path = environ.get(self.name, ""), environ.get(self.file_name or "", "")
        if text and path:
            raise ValueError(f"is set twice, also by {self.file_name}; keep one of them")
        if path:
            text = _read_secret(Path(path), f"{path} named by {self.file_name}")
        if not text:
            return self._fall_back()
        return Found(value=self._parse(text), origin=f"file {path}" if path else "environment")

    def _fall_back(self) -> Found:
        if self.is_required:
            also = f" (or {self.file_name})" if self.file_name else ""
            raise ValueError(f"is not set{also}; it must be {self.rule}. {self.declared.help}")
        return Found(value=self.default, origin="default")

    def _parse(self, text: str) -> object:
        try:
            value = _KINDS[self.type][0](text)
            self._check_limits(value)
        except ValueError:
            given = "" if self.declared.secret else f", not {text!r}"
            raise ValueError(f"must be {self.rule}{given}. {self.declared.help}") from None
        return value

    def _check_limits(self, value: object) -> None:
        if self.declared.choices and value not in self.declared.choices:
            raise ValueError
        if isinstance(value, int | float) and not self._is_within(value):
            raise ValueError

    def _is_within(self, value: float) -> bool:
        low, high = self.declared.minimum, self.declared.maximum
        return (low is None or low <= value) and (high is None or value <= high)


def variables_of(cls: type, prefix: str) -> list[Variable]:
    """List the variables behind a settings class, in order of declaration."""
    hints = typing.get_type_hints(cls)
    return [
        Variable(
            field=field.name,
            name=field.metadata[_METADATA].env or prefix + field.name.upper(),
            type=_plain_type(hints[field.name]),
            default=field.default,
            declared=field.metadata[_METADATA],
        )
        for field in dataclasses.fields(cls)
    ]


def _plain_type(hint: Any) -> type:
    if isinstance(hint, types.UnionType):
        (hint,) = (part for part in typing.get_args(hint) if part is not types.NoneType)
    return typing.cast("type", hint)


def _read_secret(path: Path, described: str) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ValueError(f"cannot read {described}: {reason}") from None
    if not text:
        raise ValueError(f"the file {described} is empty")
    return text


def _finite_number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCHES:
        raise ValueError
    return _SWITCHES[text.lower()]


_KINDS: dict[type, tuple[Callable[[str], object], str]] = {
    str: (str, "text"),
    int: (int, "a whole number"),
    float: (_finite_number, "a number"),
    bool: (_switch, "1 or 0"),
    Path: (Path, "a path"),
}
