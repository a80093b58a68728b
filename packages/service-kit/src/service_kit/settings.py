"""Settings: one frozen dataclass per process, read once from a mapping.

Each field is declared with `setting(...)`; its documentation, the `config` command and its
error message all come from that declaration. An empty variable counts as not set.
"""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from service_kit.variables import Declaration, Found, Variable, variables_of

T = TypeVar("T")

REQUIRED: Any = object()
MASK = "********"


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
    declared = Declaration(
        help=help,
        minimum=minimum,
        maximum=maximum,
        choices=tuple(choices),
        secret=secret,
        env=env,
    )
    default = dataclasses.MISSING if default is REQUIRED else default
    return dataclasses.field(default=default, metadata=declared.metadata())


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
    found, problems = _find_all(variables_of(cls, prefix), environ)
    known = {name for other in (cls, *siblings) for name in _names(other, prefix)}
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
            default="required" if variable.is_required else _shown(variable, variable.default),
            help=variable.declared.help,
            rule=variable.rule,
            secret=variable.declared.secret,
        )
        for variable in variables_of(cls, prefix)
    )


def effective_settings(
    cls: type, environ: Mapping[str, str], prefix: str
) -> tuple[EffectiveRow, ...]:
    """List every variable of `cls` with its value in force and its origin.

    Raises:
        SettingsError: When a variable is missing or malformed.
    """
    variables = variables_of(cls, prefix)
    found, problems = _find_all(variables, environ)
    if problems:
        raise SettingsError(problems)
    return tuple(
        EffectiveRow(name=item.name, value=_shown(item, value.value), origin=value.origin)
        for item, value in zip(variables, found.values(), strict=True)
    )


def _names(cls: type, prefix: str) -> set[str]:
    variables = variables_of(cls, prefix)
    return {name for item in variables for name in (item.name, item.file_name) if name}


def _find_all(
    variables: Iterable[Variable], environ: Mapping[str, str]
) -> tuple[dict[str, Found], list[str]]:
    found, problems = {}, []
    for variable in variables:
        try:
            found[variable.field] = variable.find(environ)
        except ValueError as error:
            problems.append(f"{variable.name}: {error}")
    return found, problems


def _unknown(environ: Mapping[str, str], prefix: str, known: set[str]) -> list[str]:
    ours = {name for name in environ if name.startswith(prefix)}
    injected = {name for name in ours if name.startswith(f"{prefix}SERVICE_")}
    strangers = sorted(ours - injected - known)
    return [f"{name}: is not a setting{_suggestion(name, known)}" for name in strangers]


def _suggestion(name: str, known: set[str]) -> str:
    nearest = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {nearest[0]}?" if nearest else "; remove it"


def _shown(variable: Variable, value: object) -> str:
    if value is None:
        return ""
    if variable.declared.secret:
        return MASK
    return str(int(value)) if isinstance(value, bool) else str(value)
