"""The families that a training file can name."""

import difflib
from collections.abc import Mapping
from typing import Any

from churn_service.training.errors import ConfigError

LINEAR = "linear"
SPLINE = "spline"
TREES = "trees"
BLEND = "blend"
ALL_FAMILIES = (LINEAR, SPLINE, TREES, BLEND)
SCORECARDS = (SPLINE, LINEAR)
BLEND_MEMBERS = (SPLINE, TREES)


def parse_families(table: Mapping[str, Any], *, monotonic: bool) -> tuple[str, ...]:
    """Return the families of the table `[model]`; all of them without the key.

    A scorecard cannot be held to a direction, trees can: with a monotonic
    column only trees are left, and a file that names others is refused.

    Raises:
        ConfigError: Naming the key and what may stand there.
    """
    for key in table:
        if key != "families":
            raise ConfigError(f"[model] {key} is unknown; the only key is families")
    possible = (TREES,) if monotonic else ALL_FAMILIES
    given = table.get("families", list(possible))
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise ConfigError('[model] families must be a list, for example families = ["spline"]')
    for name in given:
        _check(name, possible)
    return tuple(name for name in possible if name in given)


def _check(name: str, possible: tuple[str, ...]) -> None:
    if name not in ALL_FAMILIES:
        close = difflib.get_close_matches(name, ALL_FAMILIES, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(ALL_FAMILIES)}"
        raise ConfigError(f"[model] families: {name!r} is unknown; {hint}")
    if name not in possible:
        raise ConfigError(
            f"[model] families: {name!r} cannot keep a column monotonic, only trees can; "
            'write families = ["trees"] or remove monotonic'
        )
