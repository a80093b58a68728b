"""The training file: which column to learn, and what to overrule."""

import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

from churn_service.training.errors import ConfigError

ColumnType = Literal["number", "category", "boolean", "ignore"]

_DATA_KEYS = ("target", "positive", "id", "horizon_days", "weight", "repeated_ids")


@dataclass(frozen=True)
class ColumnConfig:
    """What the training file overrules for one column; None leaves it open."""

    type: ColumnType | None = None
    blank: float | str | None = None
    min: float | None = None
    max: float | None = None
    unknown: Literal["error", "other"] | None = None
    actionable: bool = False
    sensitive: bool = False
    unit: str = ""
    label: str = ""


@dataclass(frozen=True)
class TrainConfig:
    """The content of a training file; `target` and `positive` are enough."""

    target: str
    positive: str
    id: str | None = None
    horizon_days: int | None = None
    weight: str | None = None
    repeated_ids: bool = False
    columns: Mapping[str, ColumnConfig] = field(default_factory=dict)
    sha256: str = ""


def read_config(path: Path) -> TrainConfig:
    """Read a training file; ConfigError names the file and what is wrong."""
    try:
        return parse_config(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse_config(data: bytes) -> TrainConfig:
    """Parse the bytes of a training file; ConfigError names the key."""
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise ConfigError(f"is not TOML in UTF-8: {error}") from error
    _refuse_unknown("", document, ("data", "columns"))
    table = _table(document, "data")
    _refuse_unknown("data", table, _DATA_KEYS)
    return TrainConfig(
        target=_name(table, "target"),
        positive=_positive(table),
        id=_name(table, "id") if "id" in table else None,
        weight=_name(table, "weight") if "weight" in table else None,
        repeated_ids=_flag(table, "repeated_ids"),
        horizon_days=_horizon(table.get("horizon_days")),
        columns=_columns(_table(document, "columns")),
        sha256=sha256(data).hexdigest(),
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that is most like this one."""
    known = sorted(known)
    lower = {entry.lower(): entry for entry in known}
    close = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {lower[close[0]]!r}?"
    return f"; known are {', '.join(known[:30])}"


def _refuse_unknown(place: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            where = f"[{place}] {key}" if place else f"[{key}]"
            raise ConfigError(f"{where} is unknown{nearest(key, known)}")


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{name} must be a table: write [{name}]")
    return table


def _name(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f'[data] {key} must name a column, for example {key} = "churn"')
    return value.strip()


def _positive(table: Mapping[str, Any]) -> str:
    value = table.get("positive")
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float) or not str(value).strip():
        raise ConfigError(
            '[data] positive must be the value that means "left", for example positive = "yes"'
        )
    return str(value).strip()


def _flag(table: Mapping[str, Any], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise ConfigError(f"[data] {key} must be true or false")
    return value


def _horizon(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 3660:
        raise ConfigError("[data] horizon_days must be a whole number from 1 to 3660")
    return value


def _columns(tables: Mapping[str, Any]) -> dict[str, ColumnConfig]:
    columns = {}
    for name in tables:
        table = _table(tables, name)
        _refuse_unknown(f"columns.{name}", table, tuple(_RULES))
        columns[name.strip()] = ColumnConfig(**{
            key: _column_value(f"[columns.{name}] {key}", key, table[key]) for key in table
        })
    return columns


def _column_value(place: str, key: str, value: object) -> Any:
    fits, rule = _RULES[key]
    if not fits(value):
        raise ConfigError(f"{place} must be {rule}")
    return float(value) if _is_number(value) else value  # type: ignore[arg-type]  # checked


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_blank(value: object) -> bool:
    return _is_text(value) or _is_number(value)


def _one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: value in words


_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "type": (_one_of(*get_args(ColumnType)), f"one of {', '.join(get_args(ColumnType))}"),
    "blank": (_is_blank, "the number or level that an empty cell stands for"),
    "min": (_is_number, "a number"),
    "max": (_is_number, "a number"),
    "unknown": (_one_of("error", "other"), '"error" or "other"'),
    "actionable": (_is_flag, "true or false"),
    "sensitive": (_is_flag, "true or false"),
    "unit": (_is_text, "a text in quotes"),
    "label": (_is_text, "a text in quotes"),
}
