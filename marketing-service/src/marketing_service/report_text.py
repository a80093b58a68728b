"""Print a report as text: the JSON that the API returned, for people."""

from collections.abc import Iterator, Mapping
from typing import Any

ReportJson = Mapping[str, Any]

_NOT_MESSAGES = frozenset({
    "control",
    "held_out",
    "not_selected",
    "ineligible",
    "suppressed",
    "capped",
})


def render_report(report: ReportJson) -> str:
    """Write a report as lines of text.

    Args:
        report: what `Report.to_json` wrote.

    Returns:
        Text with line ends, none at the end.
    """
    parts = (_head, _targets, _arms, _effect, _promise)
    return "\n".join(line for part in parts for line in part(report))


def points(probability: float) -> str:
    """Write a difference of probabilities as percentage points."""
    return f"{100 * probability:.1f} pp"


def percent(probability: float) -> str:
    """Write a probability as a percentage."""
    return f"{100 * probability:.1f} %"


def _head(report: ReportJson) -> Iterator[str]:
    """Say which campaign and which time."""
    yield f"campaign {report['campaign']}: {report['status']}, as of {report['as_of']}"
    if report["launched_at"]:
        yield (
            f"launched {report['launched_at']}, window of {report['window_days']} days until "
            f"{report['window_ends_at']}"
        )


def _targets(report: ReportJson) -> Iterator[str]:
    """Count the targets by state."""
    arms = report["arms"]
    yield (
        f"targets: {arms['treated']['customers']:,} treated, "
        f"{arms['control']['customers']:,} control"
    )
    counts = {"sent": 0, "failed": 0, "unknown": 0} | report["states"]
    yield "messages: " + ", ".join(
        f"{word} {n:,}" for word, n in counts.items() if word not in _NOT_MESSAGES
    )


def _arms(report: ReportJson) -> Iterator[str]:
    """Show what is known of both arms."""
    for name, arm in report["arms"].items():
        line = (
            f"{name}: {arm['churned']:,} churned, {arm['stayed']:,} stayed, "
            f"{arm['unreported']:,} not known"
        )
        churn = arm["churn"]
        if churn:
            low, high = percent(churn["low"]), percent(churn["high"])
            line += f"; churn {percent(churn['estimate'])} [{low}, {high}]"
        yield line
    split = report["split"]
    if split:
        word = "as asked for" if split["passed"] else "BROKEN"
        yield f"split of the arms: {word} (p {split['p_value']:.3g})"


def _effect(report: ReportJson) -> Iterator[str]:
    """Show the effect where one may be shown, and the verdict."""
    effect, kept = report["effect"], report["kept_customers"]
    if effect:
        prefix = "interim effect" if report["phase"] == "interim" else "effect"
        yield (
            f"{prefix}: {points(effect['estimate'])} less churn "
            f"[{points(effect['low'])}, {points(effect['high'])}] at "
            f"{percent(report['confidence'])} confidence (Newcombe)"
        )
        yield (
            f"that is {kept['estimate']:,.0f} customers kept "
            f"[{kept['low']:,.0f}, {kept['high']:,.0f}]"
        )
    yield f"verdict: {report['verdict']}"


def _promise(report: ReportJson) -> Iterator[str]:
    """Repeat what the plan promised, beside what was measured."""
    plan = report["plan"]
    if plan is None or plan["planned_effect"] is None:
        return
    promise, currency = plan["promise"], plan["currency"]
    effect = report["effect"]
    measured = f"measured {points(effect['estimate'])}" if effect else "not measured yet"
    yield f"promised effect {points(plan['planned_effect'])} ({promise['label']}); {measured}"
    yield (
        f"promised profit {currency} {promise['expected_profit']:,.0f} "
        f"[{promise['low']:,.0f}, {promise['high']:,.0f}] ({promise['label']}); expected spend "
        f"{currency} {plan['expected_spend']:,.0f}"
    )
