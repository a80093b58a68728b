"""Tune and fit families by name; the blend reuses the fits of its members."""

from collections.abc import Iterable, Mapping

from churn_service.training.families.blend import BlendFit
from churn_service.training.families.family import Family, FamilyFit, Sample, Tuned
from churn_service.training.families.pairs import PairsFamily
from churn_service.training.families.scorecards import ScorecardFamily
from churn_service.training.families.trees import TreesFamily
from churn_service.training.family_names import BLEND, BLEND_MEMBERS, LINEAR, PAIRS, SPLINE, TREES
from churn_service.training.features import KNOTS

MOST_TUNING_ROWS = 50_000
_FAMILIES: Mapping[str, Family] = {
    LINEAR: ScorecardFamily(knots=2),
    SPLINE: ScorecardFamily(knots=KNOTS),
    PAIRS: PairsFamily(ScorecardFamily(knots=KNOTS)),
    TREES: TreesFamily(),
}


def tune_families(names: Iterable[str], sample: Sample) -> dict[str, Tuned]:
    """Return the settings of these families and of the members of the blend.

    More than 50,000 customers are represented by as many of them; settings
    need no more.
    """
    sample = sample.at_most(MOST_TUNING_ROWS)
    return {name: _FAMILIES[name].tune(sample) for name in _fitted_ones(names)}


def fit_families(
    names: Iterable[str], sample: Sample, tuned: Mapping[str, Tuned]
) -> dict[str, FamilyFit]:
    """Fit each of these families once with its settings.

    Raises:
        FitError: When a fit did not converge.
    """
    names = list(names)
    fits = {name: _FAMILIES[name].fit(sample, tuned[name]) for name in _fitted_ones(names)}
    if BLEND in names:
        fits[BLEND] = BlendFit({member: fits[member] for member in BLEND_MEMBERS})
    return {name: fits[name] for name in names}


def tuned_of(name: str, tuned: Mapping[str, Tuned]) -> Tuned:
    """Return the settings of a family; those of a blend say whose they are."""
    if name != BLEND:
        return tuned[name]
    members = [(member, tuned[member]) for member in BLEND_MEMBERS]
    return Tuned(
        {f"{of} {key}": value for of, found in members for key, value in found.settings.items()},
        {f"{of} {key}": value for of, found in members for key, value in found.losses.items()},
    )


def _fitted_ones(names: Iterable[str]) -> list[str]:
    wanted = set(names)
    if BLEND in wanted:
        wanted |= set(BLEND_MEMBERS)
    return [name for name in _FAMILIES if name in wanted]
