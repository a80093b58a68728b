"""The training file: which column to learn, and what to overrule."""

import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeGuard, get_args

from churn_contract.schema import canonical_name
from churn_service.training.errors import ConfigError
from churn_service.training.family_names import ALL_FAMILIES, parse_families
from churn_service.training.findings import rules

ColumnType = Literal["number", "category", "boolean", "date", "ignore"]

_DATA_KEYS = (
    "target",
    "positive",
    "id",
    "horizon_days",
    "weight",
    "repeated_ids",
    "time",
    "value",
    "horizon",
    "snapshot_date",
    "allow",
)


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
    monotonic: Literal["increasing", "decreasing"] | None = None
    allow: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainConfig:
    """The content of a training file; `target` and `positive` are enough.

    Attributes:
        target: The column to learn.
        positive: Its value for customers who left.
        id: The column that names customers; it decides the split.
        more_ids: Further columns that name a row together with `id`.
        horizon_days: How far ahead the outcome looks.
        weight: Column that says how many customers a row stands for.
        repeated_ids: Whether a customer may stand in several rows.
        time: Column with the day that a row describes; never a feature.
        value: Column with what a customer pays a month; a feature as well.
        horizon: Column with `horizon_days`, the same in every row.
        snapshot_date: The day that dates are counted to.
        allow: Rules whose findings on the whole table are accepted.
        columns: What is overruled for single columns.
        families: The families of models that are compared.
        sha256: Hash of the file.
    """

    target: str
    positive: str
    id: str | None = None
    horizon_days: int | None = None
    weight: str | None = None
    repeated_ids: bool = False
    more_ids: tuple[str, ...] = ()
    time: str | None = None
    value: str | None = None
    horizon: str | None = None
    snapshot_date: date | None = None
    allow: tuple[str, ...] = ()
    columns: Mapping[str, ColumnConfig] = field(default_factory=dict)
    families: tuple[str, ...] = ALL_FAMILIES
    sha256: str = ""

    def accepts(self, rule: str, column: str) -> bool:
        """Whether the file accepts what a rule finds, everywhere or in this column."""
        by_name = {canonical_name(name): entry for name, entry in self.columns.items()}
        entry = by_name.get(canonical_name(column))
        return rule in self.allow or (entry is not None and rule in entry.allow)


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
        document = tomllib.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        raise ConfigError(f"is not TOML in UTF-8: {error}") from error
    _refuse_unknown("", document, ("data", "columns", "model"))
    table = _table(document, "data")
    _refuse_unknown("data", table, _DATA_KEYS)
    return TrainConfig(
        target=_name(table, "target"),
        positive=_positive(table),
        id=next(iter(_ids(table)), None),
        more_ids=_ids(table)[1:],
        weight=_optional_name(table, "weight"),
        time=_optional_name(table, "time"),
        value=_optional_name(table, "value"),
        horizon=_optional_name(table, "horizon"),
        snapshot_date=_snapshot(table.get("snapshot_date")),
        allow=_allowed("[data] allow", table.get("allow", [])),
        repeated_ids=_flag(table, "repeated_ids"),
        horizon_days=_horizon(table.get("horizon_days")),
        columns=_columns(_table(document, "columns")),
        families=parse_families(_table(document, "model")),
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


def _optional_name(table: Mapping[str, Any], key: str) -> str | None:
    return _name(table, key) if key in table else None


def _ids(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the id columns; one name stands for a list of one."""
    given = table.get("id", [])
    names = given if isinstance(given, list) else [given]
    if given == [] and "id" in table:
        raise ConfigError('[data] id must name a column, for example id = "customer"')
    if len(set(map(str, names))) < len(names):
        raise ConfigError("[data] id names a column twice")
    return tuple(_name({"id": name}, "id") for name in names)


def _snapshot(value: object) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ConfigError("[data] snapshot_date must be a day: 2024-12-31") from error


def _allowed(place: str, value: object) -> tuple[str, ...]:
    known = [rule.key for rule in rules().values() if rule.acceptable]
    if not _is_texts(value):
        raise ConfigError(f'{place} must be a list of rules, for example allow = ["leak"]')
    for key in value:
        if key not in known:
            raise ConfigError(f"{place}: {key!r} cannot be accepted{nearest(key, known)}")
    return tuple(value)


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
    if key == "allow":
        return _allowed(place, value)
    if key == "order":
        return tuple(map(str, value))  # type: ignore[call-overload]  # checked
    return float(value) if _is_number(value) else value  # type: ignore[arg-type]  # checked


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


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
    "monotonic": (_one_of("increasing", "decreasing"), '"increasing" or "decreasing"'),
    "order": (_is_texts, 'a list of levels, for example order = ["low", "high"]'),
    "allow": (_is_texts, 'a list of rules, for example allow = ["leak"]'),
}
