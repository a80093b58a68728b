"""Budgets: read from a file, held against the figures of a run, named when they break."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import NamedTuple

from churn_loadtests.arrivals import Kind

_AT_LEAST = frozenset({"goodput_ratio", "fired_ratio"})
_BUDGETS = frozenset({
    "scheduled_p50_ms",
    "scheduled_p95_ms",
    "scheduled_p99_ms",
    "scheduled_p999_ms",
    "error_ratio",
    "goodput_ratio",
})
_VOID_LIMITS = frozenset({"generator_lag_p99_ms", "generator_cpu_ratio", "fired_ratio"})


class BudgetsError(ValueError):
    """The budgets file cannot be used; the text names the profile and the key."""


@dataclass(frozen=True)
class Profile:
    """One kind of run.

    Attributes:
        rate: Arrivals per second.
        seconds: Length of the run.
        arrivals: constant or poisson.
        in_flight: Arrivals beyond so many open requests count as failed.
        timeout_seconds: How long one request may take.
        budgets: Limits that the target must keep.
        void: Limits that the generator must keep for the run to count.
    """

    rate: float
    seconds: float
    arrivals: Kind
    in_flight: int
    timeout_seconds: float
    budgets: dict[str, float] = field(default_factory=dict)
    void: dict[str, float] = field(default_factory=dict)

    def changed(self, rate: float | None, seconds: float | None) -> "Profile":
        """Return the profile with another rate or length where one is given."""
        return replace(self, rate=rate or self.rate, seconds=seconds or self.seconds)


class Verdict(NamedTuple):
    """One limit, what was measured, and whether it was kept."""

    name: str
    limit: float
    value: float
    kept: bool
    voids: bool

    def __str__(self) -> str:
        word = "at least" if self.name in _AT_LEAST else "at most"
        state = "kept" if self.kept else "VOID" if self.voids else "BROKEN"
        return f"{state:7} {self.name} {self.value:.6g} ({word} {self.limit:g})"


def load_profile(name: str, text: str) -> Profile:
    """Return one profile of a budgets file; BudgetsError when it cannot be used."""
    try:
        profiles = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BudgetsError(f"budgets.toml: {error}") from None
    if name not in profiles:
        raise BudgetsError(f"there is no profile {name!r}, only {', '.join(sorted(profiles))}")
    try:
        profile = Profile(**profiles[name])
    except TypeError as error:
        raise BudgetsError(f"profile {name}: {error}") from None
    _check_names(name, profile)
    return profile


def _check_names(name: str, profile: Profile) -> None:
    unknown = sorted((set(profile.budgets) - _BUDGETS) | (set(profile.void) - _VOID_LIMITS))
    if unknown or not profile.budgets:
        found = ", ".join(unknown) or "no budgets"
        raise BudgetsError(f"profile {name}: {found}; known are {', '.join(sorted(_BUDGETS))}")


def packaged_budgets() -> str:
    """Return the text of the budgets.toml that comes with this package."""
    return (resources.files("churn_loadtests") / "budgets.toml").read_text(encoding="utf-8")


def judge(figures: Mapping[str, float], profile: Profile) -> list[Verdict]:
    """Hold the figures against every limit of the profile."""
    return [
        Verdict(name, limit, figures[name], _is_kept(name, figures[name], limit), voids)
        for limits, voids in ((profile.void, True), (profile.budgets, False))
        for name, limit in limits.items()
    ]


def _is_kept(name: str, value: float, limit: float) -> bool:
    return value >= limit if name in _AT_LEAST else value <= limit


def report(verdicts: list[Verdict]) -> str:
    """Return the verdicts as text; the last line tells the outcome."""
    return "\n".join([*map(str, verdicts), _outcome([each for each in verdicts if not each.kept])])


def _outcome(missed: list[Verdict]) -> str:
    if not missed:
        return "all budgets kept"
    voids = [each.name for each in missed if each.voids]
    if voids:
        return f"the run is void, the generator could not keep up: {', '.join(voids)}"
    return f"budgets broken: {', '.join(each.name for each in missed)}"
