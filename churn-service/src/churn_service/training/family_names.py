"""The families that a training file can name."""

import difflib
from collections.abc import Mapping
from typing import Any, TypeGuard

from churn_service.training.errors import ConfigError

LINEAR = "linear"
SPLINE = "spline"
PAIRS = "pairs"
TREES = "trees"
BLEND = "blend"
ALL_FAMILIES = (LINEAR, SPLINE, PAIRS, TREES, BLEND)
SCORECARDS = (SPLINE, LINEAR, PAIRS)
BLEND_MEMBERS = (SPLINE, TREES)


def parse_families(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the families of the table `[model]`; all of them without the key.

    Raises:
        ConfigError: Naming the key and what may stand there.
    """
    for key in table:
        if key != "families":
            raise ConfigError(f"[model] {key} is unknown; the only key is families")
    given = table.get("families", list(ALL_FAMILIES))
    if not _is_names(given):
        raise ConfigError('[model] families must be a list, for example families = ["spline"]')
    for name in given:
        _check(name)
    return tuple(name for name in ALL_FAMILIES if name in given)


def _is_names(given: object) -> TypeGuard[list[str]]:
    return isinstance(given, list) and bool(given) and all(isinstance(name, str) for name in given)


def _check(name: str) -> None:
    if name not in ALL_FAMILIES:
        close = difflib.get_close_matches(name, ALL_FAMILIES, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(ALL_FAMILIES)}"
        raise ConfigError(f"[model] families: {name!r} is unknown; {hint}")
