"""Turn one column of text into a field of the schema, with findings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import filterfalse
from typing import Literal, TypedDict

from churn_contract.schema import Field, canonical_name
from churn_service.training.config import ColumnConfig
from churn_service.training.content import (
    boolean_levels,
    is_addresses,
    is_comma_numeric,
    is_constant,
    is_dates,
    is_id_like,
    is_number,
    is_numeric,
    spellings,
)
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.findings import Finding
from churn_service.training.table import most_common

MOST_LEVELS = 50
RARE_ROWS = 10
RARE_SHARE = 0.005
MOST_OTHER_SHARE = 0.2
_SPANS = 10


class Marks(TypedDict):
    """What the training file says for people, beside kind and limits."""

    actionable: bool
    sensitive: bool
    unit: str
    label: str


@dataclass(frozen=True)
class Column:
    """One column: its raw name, its trimmed cells and what config overrules."""

    raw: str
    cells: Sequence[str]
    config: ColumnConfig

    @property
    def filled(self) -> list[str]:
        """The cells that are not empty."""
        return [cell for cell in self.cells if cell]


def infer_field(column: Column) -> tuple[Field, list[Finding]]:
    """Return the field that a column's content makes it, and what was noticed.

    Raises:
        DataError, ConfigError: Naming the column and the cure.
    """
    if column.config.type == "ignore":
        return _ignored(column, "ignored by the training file", "note")
    if not column.filled:
        return _ignored(column, "is empty; ignored")
    if column.config.type is None:
        return _infer(column)
    if column.config.type == "number":
        return _number(column)
    return _levels(column)


def _infer(column: Column) -> tuple[Field, list[Finding]]:
    filled = column.filled
    if is_addresses(filled):
        return _without_feature(column, "contact"), [
            Finding(column.raw, "note", "holds mail addresses; never a feature")
        ]
    if is_constant(column.cells):
        return _ignored(column, "has (nearly) the same value in every row; ignored")
    if boolean_levels(map(canonical_name, filled)):
        return _levels(column)
    if is_dates(filled):
        return _ignored(column, "holds dates, which leak the time of the export; ignored")
    return _infer_measure(column, filled)


def _infer_measure(column: Column, filled: Sequence[str]) -> tuple[Field, list[Finding]]:
    """Read the column as numbers or, where that fails, as levels."""
    if is_comma_numeric(filled):
        raise DataError(
            f"column {column.raw}: numbers are written with commas, as {most_common(filled, 2)}; "
            "export them with decimal points and without marks for thousands, "
            f'or set type = "ignore" in [columns.{column.raw}]'
        )
    if is_id_like(filled):
        cure = f"set its type in [columns.{column.raw}] to use it"
        return _ignored(column, f"is different in (nearly) every row, like an id; ignored; {cure}")
    return _number(column) if is_numeric(filled) else _levels(column)


def _number(column: Column) -> tuple[Field, list[Finding]]:
    config = column.config
    numbers = list(map(float, filter(is_number, column.filled)))
    bad = list(filterfalse(is_number, column.filled))
    if not numbers:
        raise DataError(f"column {column.raw}: none of its cells is a number")
    blank = _number_blank(column)
    seen = numbers if blank is None else [*numbers, blank]
    lowest, highest = min(seen), max(seen)
    _check_limits(column, lowest, highest)
    missing = len(column.cells) - len(numbers)
    field = Field(
        name=canonical_name(column.raw),
        raw=_raw(column.raw),
        kind="number",
        minimum=_limit(config.min, lowest, highest, -1),
        maximum=_limit(config.max, lowest, highest, 1),
        lowest=lowest,
        highest=highest,
        nullable=missing > 0 and blank is None,
        blank=blank,
        **_marks(config),
    )
    return field, _missing_findings(column, missing, bad)


def _number_blank(column: Column) -> float | None:
    blank = column.config.blank
    if isinstance(blank, str):
        raise ConfigError(f"[columns.{column.raw}] blank must be a number")
    return blank


def _limit(given: float | None, lowest: float, highest: float, side: int) -> float:
    if given is not None:
        return given
    if side < 0 and lowest >= 0:
        return 0.0
    span = (highest - lowest) or max(abs(highest), 1.0)
    return (lowest if side < 0 else highest) + side * _SPANS * span


def _check_limits(column: Column, lowest: float, highest: float) -> None:
    low, high = column.config.min, column.config.max
    if low is not None and lowest < low:
        raise DataError(f"column {column.raw}: {lowest:g} is below its min, {low:g}")
    if high is not None and highest > high:
        raise DataError(f"column {column.raw}: {highest:g} is above its max, {high:g}")


def _missing_findings(column: Column, missing: int, bad: list[str]) -> list[Finding]:
    findings = []
    if bad:
        text = f"{len(bad)} cells are no numbers and count as missing: {most_common(bad)}"
        findings.append(Finding(column.raw, "warning", text))
    if missing and column.config.blank is None:
        text = f"{missing} of {len(column.cells)} values are missing; served customers may lack it"
        findings.append(Finding(column.raw, "note", text))
    elif missing:
        text = f"{missing} missing values count as {column.config.blank}"
        findings.append(Finding(column.raw, "note", text))
    return findings


def _levels(column: Column) -> tuple[Field, list[Finding]]:
    raw_by_level = spellings(column.raw, column.filled)
    kind = _level_kind(column, raw_by_level)
    kept, other_rows = _frequent(column.filled, raw_by_level)
    if other_rows > MOST_OTHER_SHARE * len(column.cells):
        text = f"has {len(raw_by_level)} levels, {other_rows} rows in rare ones; ignored"
        return _ignored(column, text)
    blank = _level_blank(column, kept)
    missing = len(column.cells) - len(column.filled)
    field = Field(
        name=canonical_name(column.raw),
        raw=_raw(column.raw),
        kind=kind,
        levels=tuple(kept),
        raw_levels=() if list(kept) == list(kept.values()) else tuple(kept.values()),
        nullable=missing > 0 and blank is None,
        blank=blank,
        unknown=column.config.unknown or ("other" if other_rows else "error"),
        **_marks(column.config),
    )
    findings = _missing_findings(column, missing, [])
    if other_rows:
        text = f"{len(raw_by_level) - len(kept)} rare levels ({other_rows} rows) count as other"
        findings.append(Finding(column.raw, "warning", text))
    return field, findings


def _level_kind(column: Column, levels: dict[str, str]) -> Literal["boolean", "category"]:
    if column.config.type == "category":
        return "category"
    if boolean_levels(levels):
        return "boolean"
    if column.config.type == "boolean":
        raise DataError(
            f"column {column.raw}: is no boolean, its values are {most_common(column.filled)}"
        )
    return "category"


def _frequent(filled: Sequence[str], levels: dict[str, str]) -> tuple[dict[str, str], int]:
    """Return the levels worth a weight of their own and the rows of the rest."""
    if len(levels) <= MOST_LEVELS:
        return levels, 0
    counts = Counter(map(canonical_name, filled))
    enough = max(RARE_ROWS, RARE_SHARE * len(filled))
    kept = {level: raw for level, raw in levels.items() if counts[level] >= enough}
    return kept, len(filled) - sum(counts[level] for level in kept)


def _level_blank(column: Column, levels: dict[str, str]) -> str | None:
    blank = column.config.blank
    if blank is None:
        return None
    level = canonical_name(blank if isinstance(blank, str) else f"{blank:g}")
    if level not in levels:
        raise ConfigError(
            f"[columns.{column.raw}] blank must be one of its levels: {', '.join(levels)}"
        )
    return level


def _ignored(
    column: Column, text: str, level: Literal["note", "warning"] = "warning"
) -> tuple[Field, list[Finding]]:
    return _without_feature(column, "ignored"), [Finding(column.raw, level, text)]


def _without_feature(column: Column, role: Literal["contact", "ignored"]) -> Field:
    return Field(name=canonical_name(column.raw), raw=_raw(column.raw), kind="text", role=role)


def _marks(config: ColumnConfig) -> Marks:
    return {
        "actionable": config.actionable,
        "sensitive": config.sensitive,
        "unit": config.unit,
        "label": config.label,
    }


def _raw(raw: str) -> str:
    return "" if raw == canonical_name(raw) else raw
