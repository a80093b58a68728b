"""Say a plan in words, for the command line and for pages."""

from collections.abc import Iterator

from marketing_service.targeting.plan import PlanSummary


def plan_lines(summary: PlanSummary) -> tuple[str, ...]:
    """Describe a plan, one line per fact.

    Args:
        summary: the plan's summary.

    Returns:
        Lines without line ends, at most about 100 characters each.
    """
    return tuple(
        line
        for part in (_choice, _money, _promise, _proof, _reasons, _warnings)
        for line in part(summary)
    )


def money(amount: float, currency: str) -> str:
    """Write an amount of money without decimals."""
    return f"{currency} {round(amount):,}"


def points(probability: float) -> str:
    """Write a difference of probabilities as percentage points."""
    return f"{100 * probability:.1f} pp"


def percent(probability: float) -> str:
    """Write a probability as a percentage."""
    return f"{100 * probability:.1f} %"


def _choice(summary: PlanSummary) -> Iterator[str]:
    """Say who was chosen and how."""
    yield (
        f"policy {summary.policy}, offer {summary.offer}: {summary.selected:,} of "
        f"{summary.customers:,} customers chosen ({summary.eligible:,} could be)"
    )
    yield f"{summary.contacts:,} get the offer, {summary.controls:,} are kept back as control"
    if summary.break_even_probability is not None:
        yield (
            "the offer pays from a churn probability of "
            f"{percent(summary.break_even_probability)} (customer of mean value)"
        )


def _money(summary: PlanSummary) -> Iterator[str]:
    """Say what it costs, and what more money would bring."""
    limit = (
        "no budget"
        if summary.budget is None
        else (f"budget {money(summary.budget, summary.currency)}")
    )
    yield (
        f"expected spend {money(summary.expected_spend, summary.currency)}, worst case "
        f"{money(summary.worst_case_spend, summary.currency)} ({limit})"
    )
    if summary.budget_price:
        yield f"the next {summary.currency} of budget earns {summary.budget_price:.2f}"
    if summary.contact_price:
        yield f"one more contact earns {summary.currency} {summary.contact_price:.2f}"
    if summary.gap is not None:
        yield f"no other choice within the limits earns more than {100 * summary.gap:.4f} % more"


def _promise(summary: PlanSummary) -> Iterator[str]:
    """Say what the plan should earn, and how little is known about it."""
    promise, currency = summary.promise, summary.currency
    yield (
        f"expected profit {money(promise.expected_profit, currency)}, between "
        f"{money(promise.low, currency)} and {money(promise.high, currency)} "
        f"({promise.label}: {percent(promise.save_rate)} of leavers saved)"
    )
    if promise.break_even_save_rate is not None:
        yield f"it breaks even when {percent(promise.break_even_save_rate)} of leavers are saved"


def _proof(summary: PlanSummary) -> Iterator[str]:
    """Say what the campaign can prove."""
    if summary.base_rate is None or summary.planned_effect is None or summary.mde is None:
        return
    verdict = "can be shown" if summary.can_be_shown else "cannot be shown"
    yield (
        f"base churn {percent(summary.base_rate)}, control {percent(summary.control_share)}: "
        f"smallest provable effect {points(summary.mde)}; planned "
        f"{points(summary.planned_effect)} {verdict}"
    )


def _reasons(summary: PlanSummary) -> Iterator[str]:
    """Count the reasons."""
    yield "reasons: " + ", ".join(f"{word} {n:,}" for word, n in summary.reasons.items())


def _warnings(summary: PlanSummary) -> Iterator[str]:
    """List the warnings."""
    yield from (f"warning: {text}" for text in summary.warnings)
