"""The levels of a category: their order, their look-alikes, the rare ones."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

_JOINTS = re.compile(r"(?<=\w)[\s_\-./]+(?=\w)")
_BOUND = re.compile(r"(<=?|>=?|≤|≥|under_|below_|over_|above_)?_*([0-9]+(?:\.[0-9]+)?)")
_BELOW = {"<": -1, "<=": -1, "≤": -1, "under_": -1, "below_": -1}
_ABOVE = {">": 1, ">=": 1, "≥": 1, "over_": 1, "above_": 1}


def in_order(levels: Iterable[str]) -> list[str] | None:
    """Return the levels in their natural order, or None when they have none.

    A natural order is that of the numbers that all levels begin with ("<10", "10-20",
    ">20"), or of a known scale of words.
    """
    found = list(levels)
    if len(found) < 3:
        return None
    bounds = {level: _bound(level) for level in found}
    keys = [key for key in bounds.values() if key is not None]
    if len(keys) == len(found) == len(set(keys)):
        return sorted(found, key=lambda level: bounds[level] or (0.0, 0))
    scale = next((scale for scale in _scales() if set(found) <= set(scale)), None)
    return sorted(found, key=scale.index) if scale else None


def look_alikes(levels: Iterable[str]) -> list[list[str]]:
    """Return groups of levels that differ in accents or punctuation only."""
    groups: dict[str, list[str]] = {}
    for level in levels:
        groups.setdefault(_skeleton(level), []).append(level)
    return [group for group in groups.values() if len(group) > 1]


def rare(counts: Mapping[str, int], fewest: float) -> Sequence[str]:
    """Return the levels with fewer rows than `fewest`."""
    return [level for level, times in counts.items() if times < fewest]


def _skeleton(level: str) -> str:
    if not any(map(str.isalpha, level)):
        return level  # 1-5 and 1.5 are no spellings of each other
    plain = unicodedata.normalize("NFKD", level)
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _JOINTS.sub(" ", bare.casefold())


def _bound(level: str) -> tuple[float, int] | None:
    found = _BOUND.match(level)
    if found is None:
        return None
    mark = found.group(1) or ""
    side = _BELOW.get(mark, 0) or _ABOVE.get(mark, 0) or int(level.endswith("+"))
    return float(found.group(2)), side


@cache
def _scales() -> list[list[str]]:
    packaged = resources.files("churn_service.training") / "scales.toml"
    scales: list[list[str]] = tomllib.loads(packaged.read_text(encoding="utf-8"))["scales"]
    return scales
