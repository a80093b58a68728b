"""The levels of a category: their order, their look-alikes, the rare ones."""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

_JOINTS = re.compile(r"(?<=\w)[\s_\-./]+(?=\w)")
_BOUND = re.compile(
    r"(?P<mark>[<>]=?|[≤≥]|(?:under|below|over|above|up_to|from|less_than|more_than)_)?_*"
    r"[$€£]?_*(?P<number>[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?)"
)
_NUMBERED = re.compile(r"(?P<name>[^\W\d_]+)_?(?P<number>[0-9]+)")
_LOW_MARKS = ("<", "≤", "under", "below", "up_to", "less")
_RANKLESS = frozenset({"unknown", "other", "n/a", "na", "not_available", "unspecified"})

_FEWEST_RANKED = 3

Bound = tuple[float, int]


def in_order(levels: Iterable[str]) -> list[str] | None:
    """Return the levels in their natural order, or None when they have none.

    A natural order is that of the numbers that all levels begin with ("<10", "10-20",
    ">20"), of numbers behind a word that ranks (Q1, Q2), or of a known scale of words.
    Levels that say "unknown" come last.
    """
    found = list(levels)
    last = [level for level in found if level in _RANKLESS]
    ranked = _ranked([level for level in found if level not in last])
    if ranked is None and last:  # a scale of its own may hold the word
        return _ranked(found)
    return None if ranked is None else [*ranked, *last]


def _ranked(levels: list[str]) -> list[str] | None:
    if len(levels) < _FEWEST_RANKED:
        return None
    return _by_key(levels, _bound) or _by_key(levels, _numbered) or _by_scale(levels)


def _by_key(levels: list[str], find_key: Callable[[str], Bound | None]) -> list[str] | None:
    """Return the levels by their keys, when each has one of its own."""
    keys = {level: key for level in levels if (key := find_key(level)) is not None}
    if len(set(keys.values())) < len(levels):
        return None
    return sorted(levels, key=keys.__getitem__)


def _by_scale(levels: list[str]) -> list[str] | None:
    scale = next((scale for scale in _words()["scales"] if set(levels) <= set(scale)), None)
    return sorted(levels, key=scale.index) if scale else None


def look_alikes(levels: Iterable[str]) -> list[list[str]]:
    """Return groups of levels that differ in accents or punctuation only."""
    groups: dict[str, list[str]] = {}
    for level in levels:
        groups.setdefault(_skeleton(level), []).append(level)
    return [group for group in groups.values() if len(group) > 1]


def rare(counts: Mapping[str, int], fewest: int, most: int) -> Sequence[str]:
    """Return the levels with fewer than `fewest` rows, or behind the `most` frequent ones.

    Of levels with as many rows those that sort first stay, so the order of rows rules nothing.
    """
    frequent = sorted(counts, key=lambda level: (-counts[level], level))
    few = {level for level in frequent if counts[level] < fewest}.union(frequent[most:])
    return [level for level in counts if level in few]


def _skeleton(level: str) -> str:
    if not any(map(str.isalpha, level)):
        return level  # 1-5 and 1.5 are no spellings of each other
    plain = unicodedata.normalize("NFKD", level)
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _JOINTS.sub(" ", bare.casefold())


def _bound(level: str) -> Bound | None:
    """Return the number that a level begins with, and on which side of it the level lies."""
    found = _BOUND.match(level)
    if found is None:
        return None
    number = float(found["number"].replace(",", ""))
    mark = found["mark"] or ""
    if mark:
        return number, -1 if mark.startswith(_LOW_MARKS) else 1
    return number, int(level.endswith("+"))


def _numbered(level: str) -> Bound | None:
    """Return the number behind a word that ranks, as in q1 or grade_2."""
    found = _NUMBERED.fullmatch(level)
    if found is None or found["name"] not in _words()["ranks"]:
        return None
    return float(found["number"]), 0


@cache
def _words() -> dict[str, Any]:
    packaged = resources.files("churn_service.training") / "scales.toml"
    return tomllib.loads(packaged.read_text(encoding="utf-8"))
