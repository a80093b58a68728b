"""The field of a column of numbers: limits, blanks, cells that are none."""

from collections.abc import Mapping, Sequence

from churn_contract.schema import Field
from churn_service.training.config import ColumnConfig
from churn_service.training.content import is_infinite, is_number
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.findings import Finding, finding
from churn_service.training.marks import missing_findings, naming
from churn_service.training.table import most_common

_SPANS = 10


def number_field(
    raw: str, cells: Sequence[str], config: ColumnConfig, counts: Mapping[str, int]
) -> tuple[Field, list[Finding]]:
    """Return the field of a column of numbers, and what was noticed.

    Raises:
        ConfigError, DataError: Naming the column and the cure.
    """
    numbers, bad = _parted(raw, counts)
    blank = _blank(raw, config)
    seen = [*map(float, numbers), *([] if blank is None else [blank])]
    lowest, highest = min(seen), max(seen)
    _check_limits(raw, config, lowest, highest)
    missing = len(cells) - sum(numbers.values())
    field = Field(
        **naming(raw, config),
        kind="number",
        minimum=_limit(config.min, lowest, highest, -1),
        maximum=_limit(config.max, lowest, highest, 1),
        lowest=lowest,
        highest=highest,
        nullable=missing > 0 and blank is None,
        blank=blank,
    )
    return field, [*_bad_cells(raw, bad), *missing_findings(raw, missing, len(cells), blank)]


def _parted(raw: str, counts: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the cells that are numbers, and the others."""
    numbers = {cell: times for cell, times in counts.items() if is_number(cell)}
    if not numbers:
        raise DataError(f"column {raw}: none of its cells is a number")
    return numbers, {cell: times for cell, times in counts.items() if cell not in numbers}


def _bad_cells(raw: str, bad: Mapping[str, int]) -> list[Finding]:
    endless = {cell: times for cell, times in bad.items() if is_infinite(cell)}
    words = {cell: times for cell, times in bad.items() if cell not in endless}
    found = []
    if endless:
        text = f"{sum(endless.values())} cells are infinite: {most_common(endless)}"
        found.append(finding("infinite", raw, text))
    if words:
        number = sum(words.values())
        text = f"{number} cells are no numbers and count as missing: {most_common(words)}"
        found.append(finding("bad-numbers", raw, text))
    return found


def _blank(raw: str, config: ColumnConfig) -> float | None:
    if isinstance(config.blank, str):
        raise ConfigError(f"[columns.{raw}] blank must be a number")
    return config.blank


def _limit(given: float | None, lowest: float, highest: float, side: int) -> float:
    if given is not None:
        return given
    if side < 0 and lowest >= 0:
        return 0.0
    span = (highest - lowest) or max(abs(highest), 1.0)
    return (lowest if side < 0 else highest) + side * _SPANS * span


def _check_limits(raw: str, config: ColumnConfig, lowest: float, highest: float) -> None:
    if config.min is not None and lowest < config.min:
        raise DataError(f"column {raw}: {lowest:g} is below its min, {config.min:g}")
    if config.max is not None and highest > config.max:
        raise DataError(f"column {raw}: {highest:g} is above its max, {config.max:g}")
