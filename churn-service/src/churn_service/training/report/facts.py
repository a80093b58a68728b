"""Everything that the report tells beside the six steps, measured once."""

from dataclasses import dataclass

from churn_service.training.report.curves import Curves, curves
from churn_service.training.report.effects import Effect, effects
from churn_service.training.report.fairness import GroupFairness, fairness
from churn_service.training.report.intervals import IntervalRow, interval_rows
from churn_service.training.report.judged import judge_test_part
from churn_service.training.report.leak_checks import LeakCheck, leak_checks
from churn_service.training.report.outlook import Change, outlook
from churn_service.training.report.pair_effects import PairEffect, pair_effects
from churn_service.training.report.profile import Profile, profile
from churn_service.training.report.profit import Money, money
from churn_service.training.report.reliability import Reliability, reliability
from churn_service.training.report.segments import Segment, segments
from churn_service.training.report.slices import Slice, slices
from churn_service.training.trained import TrainedModel


@dataclass(frozen=True)
class Facts:
    """The measured content of the report; every part is data.

    `judged` of `tested` customers of the test part were looked at: all of them,
    or 50,000 drawn with a fixed seed.
    """

    judged: int
    tested: int
    calibration: Reliability
    intervals: tuple[IntervalRow, ...]
    ranking: Curves
    money: Money
    effects: tuple[Effect, ...]
    pairs: tuple[PairEffect, ...]
    segments: tuple[Segment, ...]
    profile: Profile | None
    slices: tuple[Slice, ...]
    fairness: tuple[GroupFairness, ...]
    leaks: tuple[LeakCheck, ...]
    outlook: tuple[Change, ...]


def sample_sentence(facts: Facts) -> str:
    """Return what figures of a sample must be read with; empty when all were judged."""
    if facts.judged == facts.tested:
        return ""
    return (
        f"Curves, groups and prices are those of {facts.judged:,} of the {facts.tested:,} test "
        "customers, drawn with a fixed seed; the measures of quality are those of all."
    )


def report_facts(model: TrainedModel) -> Facts:
    """Measure a trained model on its test part; the same model, the same facts."""
    judged = judge_test_part(model)
    found = effects(model, judged)
    strongest = tuple(effect.field for effect in found)
    ranking = curves(judged)
    return Facts(
        judged=len(judged.customers),
        tested=judged.tested,
        calibration=reliability(judged),
        intervals=interval_rows(model.document.interval, judged.probability),
        ranking=ranking,
        money=money(judged),
        effects=found,
        pairs=pair_effects(judged),
        segments=segments(judged, strongest),
        profile=profile(model, judged, strongest),
        slices=slices(judged),
        fairness=fairness(judged),
        leaks=leak_checks(model, judged),
        outlook=outlook(judged, ranking, strongest),
    )
