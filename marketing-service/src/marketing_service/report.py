"""Judge a campaign from its counts: what was promised, what was measured.

Arithmetic and words only; `results` reads the counts from the database.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any, Literal

from marketing_service.report_text import points, render_report
from marketing_service.targeting.effect import (
    Interval,
    SplitCheck,
    check_split,
    newcombe,
    wilson,
)
from marketing_service.targeting.policies import PlanSummary

__all__ = ["ArmCounts", "ArmResult", "CampaignFacts", "Report", "render_report", "summarise"]

Phase = Literal["draft", "planned", "interim", "final"]

DAY_MS = 86_400_000


@dataclass(frozen=True)
class ArmCounts:
    """Customers of one arm, and what is known of them within the window."""

    customers: int = 0
    churned: int = 0
    stayed: int = 0

    @property
    def reported(self) -> int:
        """Customers whose outcome is known."""
        return self.churned + self.stayed

    @property
    def unreported(self) -> int:
        """Customers whose outcome is not known."""
        return self.customers - self.reported


@dataclass(frozen=True, kw_only=True)
class CampaignFacts:
    """Everything that a report is made of.

    Attributes:
        campaign: slug of the campaign.
        status: word of the campaign's status.
        as_of_ms: instant of the report.
        launched_at_ms: start of both arms' window; None before the launch.
        window_days: length of the window.
        confidence: of every interval.
        control_share: share of the chosen that should be kept back.
        treated: counts of the treated arm, whatever became of their messages.
        control: counts of the control arm.
        states: targets per state.
        plan: what was promised; None before the plan stands.
    """

    campaign: str
    status: str
    as_of_ms: int
    launched_at_ms: int | None
    window_days: int
    confidence: float
    control_share: float
    treated: ArmCounts
    control: ArmCounts
    states: Mapping[str, int]
    plan: PlanSummary | None

    @property
    def window_ends_at_ms(self) -> int | None:
        """End of both arms' window; None before the launch."""
        if self.launched_at_ms is None:
            return None
        return self.launched_at_ms + self.window_days * DAY_MS

    @property
    def days_left(self) -> int | None:
        """Whole days until the window closes; 0 afterwards, None before the launch."""
        end = self.window_ends_at_ms
        return None if end is None else max(0, ceil((end - self.as_of_ms) / DAY_MS))

    @property
    def phase(self) -> Phase:
        """How far the campaign is, for its judge."""
        if self.launched_at_ms is None:
            return "planned" if self.plan else "draft"
        return "interim" if self.days_left else "final"


@dataclass(frozen=True, kw_only=True)
class ArmResult:
    """Counts of one arm, with its churn where that may be shown."""

    customers: int
    churned: int
    stayed: int
    unreported: int
    churn: Interval | None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a campaign.

    Attributes:
        facts: the counts behind everything else.
        treated: result of the treated arm.
        control: result of the control arm.
        split: whether the arms have the sizes that were asked for; None without arms.
        effect: churn removed, as a difference of probabilities; None when withheld.
        kept_customers: the same as a number of treated customers.
        withheld: why no effect is shown; None when one is.
        verdict: one sentence for people.
    """

    facts: CampaignFacts
    treated: ArmResult
    control: ArmResult
    split: SplitCheck | None
    effect: Interval | None
    kept_customers: Interval | None
    withheld: str | None
    verdict: str

    def to_json(self) -> dict[str, Any]:
        """Write the report as a JSON-ready object; instants are RFC 3339."""
        facts = self.facts
        plan = None if facts.plan is None else facts.plan.to_json()
        return {
            "campaign": facts.campaign,
            "status": facts.status,
            "phase": facts.phase,
            "as_of": _instant(facts.as_of_ms),
            "launched_at": _instant(facts.launched_at_ms),
            "window_ends_at": _instant(facts.window_ends_at_ms),
            "window_days": facts.window_days,
            "days_left": facts.days_left,
            "confidence": facts.confidence,
            "states": dict(facts.states),
            "arms": {"treated": asdict(self.treated), "control": asdict(self.control)},
            "split": None if self.split is None else asdict(self.split),
            "effect": None if self.effect is None else asdict(self.effect),
            "kept_customers": None if self.kept_customers is None else asdict(self.kept_customers),
            "withheld": self.withheld,
            "verdict": self.verdict,
            "plan": plan,
        }


def summarise(facts: CampaignFacts) -> Report:
    """Judge a campaign.

    Customers stay in the arm that they were assigned to, also when their message
    failed: leaving them out would compare unlike people.

    Args:
        facts: counts of both arms and what was promised.

    Returns:
        The report. A broken split of the arms withholds every rate and effect, never
        the counts.
    """
    split = _split(facts)
    withheld = _withheld(facts, split)
    is_broken = split is not None and not split.passed
    treated = _arm(facts.treated, facts.confidence, is_hidden=is_broken)
    control = _arm(facts.control, facts.confidence, is_hidden=is_broken)
    effect = None
    if withheld is None and treated.churn and control.churn:
        effect = newcombe(control.churn, treated.churn)
    return Report(
        facts=facts,
        treated=treated,
        control=control,
        split=split,
        effect=effect,
        kept_customers=_customers(effect, facts.treated.customers),
        withheld=withheld,
        verdict=_verdict(facts, withheld, effect),
    )


def _split(facts: CampaignFacts) -> SplitCheck | None:
    """Check the sizes of the arms, and at the end also who was reported."""
    total = facts.treated.customers + facts.control.customers
    if not total:
        return None
    assigned = check_split(facts.control.customers, total, facts.control_share)
    reported = facts.treated.reported + facts.control.reported
    if facts.phase != "final" or not reported:
        # Departures are known before the rest, so an open window is always lopsided.
        return assigned
    known = check_split(facts.control.reported, reported, facts.control_share)
    return min(assigned, known, key=lambda check: check.p_value)


def _withheld(facts: CampaignFacts, split: SplitCheck | None) -> str | None:
    """Say why no effect may be shown, if so."""
    if facts.launched_at_ms is None:
        return "the campaign has not been launched"
    if split is not None and not split.passed:
        return (
            f"the arms do not have their sizes (chance {split.p_value:.1g}): customers of one "
            "arm are missing, so every comparison would mislead"
        )
    if not facts.control.customers:
        return "there is no control group to compare with"
    return _unknown_outcomes(facts)


def _unknown_outcomes(facts: CampaignFacts) -> str | None:
    """Say which outcomes are missing for a comparison, if any."""
    if not (facts.treated.reported and facts.control.reported):
        return "no outcomes of both arms are known yet: post them to /v1/outcomes"
    unknown = facts.treated.unreported + facts.control.unreported
    if unknown and not facts.treated.stayed + facts.control.stayed:
        return "only departures are known: post `stayed` for the customers who did not leave"
    return None


def _arm(counts: ArmCounts, confidence: float, *, is_hidden: bool) -> ArmResult:
    """Turn the counts of an arm into its result."""
    churn = None
    if counts.reported and not is_hidden:
        churn = wilson(counts.churned, counts.reported, confidence)
    return ArmResult(
        customers=counts.customers,
        churned=counts.churned,
        stayed=counts.stayed,
        unreported=counts.unreported,
        churn=churn,
    )


def _customers(effect: Interval | None, treated: int) -> Interval | None:
    """Turn a difference of probabilities into a number of customers."""
    if effect is None:
        return None
    return Interval(effect.estimate * treated, effect.low * treated, effect.high * treated)


def _verdict(facts: CampaignFacts, withheld: str | None, effect: Interval | None) -> str:
    """Say in one sentence what the numbers mean."""
    if withheld is not None or effect is None:
        return f"no verdict: {withheld}"
    if facts.phase == "interim":
        return f"interim, no verdict: the window closes in {facts.days_left} days"
    return _judgement(facts, effect)


def _judgement(facts: CampaignFacts, effect: Interval) -> str:
    """Say what a final interval shows."""
    if effect.low > 0:
        return "the campaign kept customers: fewer left than in the control group"
    if effect.high < 0:
        return "the campaign drove customers away: more left than in the control group"
    mde = facts.plan.mde if facts.plan else None
    size = f"; this campaign could show {points(mde)} or more" if mde else ""
    return f"no effect is shown: the interval includes zero{size}"


def _instant(ms: int | None) -> str | None:
    """Write an instant as RFC 3339 in UTC."""
    if ms is None:
        return None
    text = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
