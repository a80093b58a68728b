"""The model card: what a model is for, how good it is, where it ends."""

from collections.abc import Iterator
from dataclasses import fields

from churn_contract.schema import Field
from churn_service.training.metrics import METRIC_LABELS, Metrics, metric_text
from churn_service.training.report.facts import Facts, sample_sentence
from churn_service.training.report.proportions import NARROW, percent, share_text
from churn_service.training.report.slices import LEAST_ROWS, LOUD
from churn_service.training.trained import TrainedModel


def model_card(model: TrainedModel, facts: Facts) -> str:
    """Return the card as Markdown; it names no time, host or user."""
    parts = (
        _purpose(model),
        _making(model, facts),
        _quality(model, facts),
        _drivers(facts),
        _people(facts),
    )
    lines = [line for part in (*parts, _fields(model), _LIMITS) for line in part]
    return "\n".join(lines).replace(NARROW, " ") + "\n"


_LIMITS = (
    "",
    "## Limits",
    "Numbers beyond the training range count as its end. Customers unlike those of the",
    "table get probabilities nobody has checked. Train again when offers, prices or",
    "customers change.",
)


def _purpose(model: TrainedModel) -> Iterator[str]:
    document = model.document
    horizon = f"within {document.horizon_days} days" if document.horizon_days else "(no horizon)"
    yield from (
        f"# Model card: {document.name}",
        "",
        "## Purpose",
        f"Estimates for each customer the probability to leave {horizon}, so that retention",
        "offers reach those for whom they pay. A high probability says who may leave, not why,",
        "and not whom an offer keeps: only a campaign with a control group measures that.",
        "Not meant for decisions on a person's rights, credit or employment.",
        "",
        "## Data",
        f"{document.training.rows:,} customers, {document.training.churned:,} of them churned,",
        f"from a table with sha256 `{document.training.data_sha256}`.",
        "The test part (20 %, by a keyed hash of the id) was never learned from.",
    )


def _making(model: TrainedModel, facts: Facts) -> Iterator[str]:
    yield from ("", "## How it was made")
    if model.comparison is None:
        yield f"Family: {model.family}, the only one that the training file names."
    else:
        yield f"Family: {model.family}; every family was judged on the same held-out folds."
        yield from (f"- {sentence}" for sentence in model.comparison.sentences())
    yield f"Called a churner from a probability of {percent(model.document.threshold, 0)} on."
    if facts.intervals:
        row = facts.intervals[len(facts.intervals) // 2]
        yield (
            f"Of 100 customers to whom it gives {percent(row.probability, 0)}, "
            f"{100 * row.low:.0f} to {100 * row.high:.0f} leave ({percent(row.level, 0)} certain)."
        )


def _quality(model: TrainedModel, facts: Facts) -> Iterator[str]:
    yield from ("", "## Quality on the test part", "| measure | value |", "|---|---|")
    for field in fields(Metrics):
        value = metric_text(field.name, getattr(model.test, field.name))
        yield f"| {METRIC_LABELS[field.name]} | {value} |"
    found = facts.calibration
    yield f"| calibration error (noise: up to {found.error_limit:.4f}) | {found.error:.4f} |"
    yield f"| AUC, 95 % | {facts.ranking.auc_low:.4f} to {facts.ranking.auc_high:.4f} |"
    if sentence := sample_sentence(facts):
        yield from ("", sentence)


def _drivers(facts: Facts) -> Iterator[str]:
    yield from ("", "## What drives it")
    names = ", ".join(effect.field for effect in facts.effects[:5])
    yield f"Strongest fields: {names}. Effects are associations, not promises of an action."
    if facts.pairs:
        pairs = ", ".join(" x ".join(pair.fields) for pair in facts.pairs)
        yield f"Pairs that act together, on top of both fields alone: {pairs}."
    for check in facts.leaks:
        if not check.passed:
            yield f"Leak check not passed: {check.name}: {check.found}."


def _people(facts: Facts) -> Iterator[str]:
    yield from ("", "## People")
    worst = [entry for entry in facts.slices if abs(entry.score) > LOUD]
    yield f"{len(facts.slices)} groups of at least {LEAST_ROWS} test customers were judged."
    for entry in worst:
        yield (
            f"- {entry.field}: {entry.group}: said {percent(entry.said)}, left "
            f"{share_text(entry.happened)}: do not rely on it here."
        )
    if not worst:
        yield "No group misses by more than three standard errors."
    for group in facts.fairness:
        yield (
            f"- {group.field}: {group.group}: selected {share_text(group.selected)}, "
            f"left {share_text(group.happened)}{', too few to judge' if group.small else ''}"
        )
    if not facts.fairness:
        yield "No field is marked sensitive, so groups of people were not compared."


def _fields(model: TrainedModel) -> Iterator[str]:
    yield from ("", "## Fields", "| field | kind | accepted | marks |", "|---|---|---|---|")
    yield from map(_field_row, model.document.schema.features)


MARKS = ("nullable", "actionable", "sensitive")


def _field_row(field: Field) -> str:
    if field.kind == "number":
        accepted = f"{field.minimum:g} to {field.maximum:g} {field.unit}".rstrip()
    else:
        accepted = ", ".join(field.raw_levels or field.levels).replace("|", "\\|")
    marks = ", ".join(name for name in MARKS if getattr(field, name))
    return f"| {field.raw or field.name} | {field.kind} | {accepted} | {marks} |"
