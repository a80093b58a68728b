"""Settings: one frozen dataclass per process, read once from a mapping.

Each field is declared with `setting(...)`; its documentation, the `config` command and its
error message all come from that declaration. An empty variable counts as not set.
"""

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

REQUIRED: Any = object()
MASK = "********"
_DECLARATION = "service_kit.setting"
_SWITCHES = {"1": True, "true": True, "yes": True, "on": True} | {
    "0": False, "false": False, "no": False, "off": False,
}  # fmt: skip


class SettingsError(Exception):
    """The environment does not describe a process that can start.

    Attributes:
        problems: One line per wrong variable: its name, the rule, a suggestion.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(("The settings are wrong:", *self.problems)))


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """One documented variable, as the docs table shows it."""

    name: str
    type: str
    default: str
    help: str
    rule: str
    secret: bool


@dataclass(frozen=True, kw_only=True)
class EffectiveRow:
    """One variable with the value in force (secrets masked) and where it came from."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class _Declaration:
    help: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    secret: bool
    env: str | None


@dataclass(frozen=True, kw_only=True)
class _Variable:
    field: str
    name: str
    type: type
    default: Any
    declared: _Declaration

    @property
    def file_name(self) -> str | None:
        return f"{self.name}_FILE" if self.declared.secret else None

    @property
    def rule(self) -> str:
        if self.declared.choices:
            return f"one of {', '.join(self.declared.choices)}"
        low, high = self.declared.minimum, self.declared.maximum
        limits = [f"at least {low:,}"] if low is not None else []
        limits += [f"at most {high:,}"] if high is not None else []
        return " ".join([_KINDS[self.type][1], " and ".join(limits)]).strip()

    def parse(self, text: str) -> object:
        value = _KINDS[self.type][0](text)
        low, high = self.declared.minimum, self.declared.maximum
        if self.declared.choices and value not in self.declared.choices:
            raise ValueError
        if isinstance(value, int | float) and not (
            (low is None or value >= low) and (high is None or value <= high)
        ):
            raise ValueError
        return value


@dataclass(frozen=True, kw_only=True)
class _Found:
    value: object
    origin: str


def setting(
    *,
    help: str,  # noqa: A002 - the word of argparse and click, and of the docs table
    default: Any = REQUIRED,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Iterable[str] = (),
    secret: bool = False,
    env: str | None = None,
) -> Any:
    """Declare one field of a settings class.

    Args:
        help: What the setting does, one sentence, with its unit.
        default: Value when the variable is not set; without it the variable is required.
        minimum: Smallest allowed number.
        maximum: Largest allowed number.
        choices: The allowed words.
        secret: Mask the value, and read `<NAME>_FILE` too.
        env: The variable's full name when it has no prefix, as `PORT`.
    """
    declared = _Declaration(
        help=help,
        minimum=minimum,
        maximum=maximum,
        choices=tuple(choices),
        secret=secret,
        env=env,
    )
    metadata = {_DECLARATION: declared}
    if default is REQUIRED:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def load_settings(
    cls: type[T], environ: Mapping[str, str], prefix: str, *, siblings: Iterable[type] = ()
) -> T:
    """Build `cls` from the variables that start with `prefix` (ends with `_`).

    Args:
        cls: A frozen dataclass whose fields are `setting(...)`.
        environ: Usually `os.environ`.
        prefix: As `SHOP_`; `SHOP_SERVICE_*` is left alone, Kubernetes injects it.
        siblings: Settings of other processes: their variables are known, not read.

    Raises:
        SettingsError: Lists every missing, malformed and unknown variable.
    """
    variables = _variables(cls, prefix)
    known = {name for other in (cls, *siblings) for name in _names(other, prefix)}
    found, problems = _find_all(variables, environ)
    problems += _unknown(environ, prefix, known)
    if problems:
        raise SettingsError(problems)
    return cls(**{field: item.value for field, item in found.items()})


def describe_settings(cls: type, prefix: str) -> tuple[SettingRow, ...]:
    """List every variable of `cls` for people, in order of declaration."""
    return tuple(
        SettingRow(
            name=variable.name,
            type=variable.type.__name__.lower(),
            default=_shown_default(variable),
            help=variable.declared.help,
            rule=variable.rule,
            secret=variable.declared.secret,
        )
        for variable in _variables(cls, prefix)
    )


def effective_settings(
    cls: type, environ: Mapping[str, str], prefix: str
) -> tuple[EffectiveRow, ...]:
    """List every variable of `cls` with its value in force and its origin.

    Raises:
        SettingsError: When a variable is missing or malformed.
    """
    variables = _variables(cls, prefix)
    found, problems = _find_all(variables, environ)
    if problems:
        raise SettingsError(problems)
    return tuple(_effective(variable, found[variable.field]) for variable in variables)


def _effective(variable: _Variable, found: _Found) -> EffectiveRow:
    masked = variable.declared.secret and found.value is not None
    value = MASK if masked else _shown(found.value)
    return EffectiveRow(name=variable.name, value=value, origin=found.origin)


def _variables(cls: type, prefix: str) -> list[_Variable]:
    hints = typing.get_type_hints(cls)
    return [
        _Variable(
            field=field.name,
            name=field.metadata[_DECLARATION].env or prefix + field.name.upper(),
            type=_plain_type(hints[field.name]),
            default=field.default,
            declared=field.metadata[_DECLARATION],
        )
        for field in dataclasses.fields(cls)
    ]


def _plain_type(hint: Any) -> type:
    if isinstance(hint, types.UnionType):
        (hint,) = (part for part in typing.get_args(hint) if part is not types.NoneType)
    return typing.cast("type", hint)


def _names(cls: type, prefix: str) -> set[str]:
    variables = _variables(cls, prefix)
    return {name for item in variables for name in (item.name, item.file_name) if name}


def _find_all(
    variables: Iterable[_Variable], environ: Mapping[str, str]
) -> tuple[dict[str, _Found], list[str]]:
    found, problems = {}, []
    for variable in variables:
        try:
            found[variable.field] = _find(variable, environ)
        except ValueError as error:
            problems.append(f"{variable.name}: {error}")
    return found, problems


def _find(variable: _Variable, environ: Mapping[str, str]) -> _Found:
    text, origin = environ.get(variable.name, ""), "environment"
    path = environ.get(variable.file_name, "") if variable.file_name else ""
    if text and path:
        raise ValueError(f"is set twice, also by {variable.file_name}; keep one of them")
    if path:
        text, origin = _secret_text(Path(path), variable), f"file {path}"
    if not text:
        return _default(variable)
    try:
        return _Found(value=variable.parse(text), origin=origin)
    except ValueError:
        given = "" if variable.declared.secret else f", not {text!r}"
        raise ValueError(f"must be {variable.rule}{given}. {variable.declared.help}") from None


def _secret_text(path: Path, variable: _Variable) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ValueError(f"cannot read {path} named by {variable.file_name}: {reason}") from None
    if not text:
        raise ValueError(f"the file {path} named by {variable.file_name} is empty")
    return text


def _default(variable: _Variable) -> _Found:
    if variable.default is dataclasses.MISSING:
        also = f" (or {variable.file_name})" if variable.file_name else ""
        help_text = variable.declared.help
        raise ValueError(f"is not set{also}; it must be {variable.rule}. {help_text}")
    return _Found(value=variable.default, origin="default")


def _unknown(environ: Mapping[str, str], prefix: str, known: set[str]) -> list[str]:
    injected = f"{prefix}SERVICE_"
    strangers = sorted(
        name
        for name in environ
        if name.startswith(prefix) and not name.startswith(injected) and name not in known
    )
    return [f"{name}: is not a setting{_suggestion(name, known)}" for name in strangers]


def _suggestion(name: str, known: set[str]) -> str:
    nearest = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {nearest[0]}?" if nearest else "; remove it"


def _shown_default(variable: _Variable) -> str:
    if variable.default is dataclasses.MISSING:
        return "required"
    return MASK if variable.declared.secret and variable.default else _shown(variable.default)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)


def _whole_number(text: str) -> int:
    return int(text.replace("_", ""))


def _finite_number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _switch(text: str) -> bool:
    try:
        return _SWITCHES[text.lower()]
    except KeyError:
        raise ValueError from None


_KINDS: dict[type, tuple[Callable[[str], object], str]] = {
    str: (str, "text"),
    int: (_whole_number, "a whole number"),
    float: (_finite_number, "a number"),
    bool: (_switch, "1 or 0"),
    Path: (Path, "a path"),
}
