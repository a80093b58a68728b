"""The model card: what a model is for, how good it is, where it ends."""

from collections.abc import Iterator
from dataclasses import fields

from churn_contract.schema import Field
from churn_service.training.metrics import METRIC_LABELS, Metrics, metric_text
from churn_service.training.trained import TrainedModel


def model_card(model: TrainedModel) -> str:
    """Return the card as Markdown; it names no time, host or user."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: TrainedModel) -> Iterator[str]:
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
        "",
        "## Quality on the test part",
        "| measure | value |",
        "|---|---|",
    )
    for field in fields(Metrics):
        value = metric_text(field.name, getattr(model.test, field.name))
        yield f"| {METRIC_LABELS[field.name]} | {value} |"
    yield from ("", "## Fields", "| field | kind | accepted | marks |", "|---|---|---|---|")
    yield from map(_field_row, document.schema.features)
    yield from (
        "",
        "## Limits",
        "Numbers beyond the training range count as its end. Customers unlike those of the",
        "table get probabilities nobody has checked. Train again when offers, prices or",
        "customers change.",
    )


MARKS = ("nullable", "actionable", "sensitive")


def _field_row(field: Field) -> str:
    if field.kind == "number":
        accepted = f"{field.minimum:g} to {field.maximum:g} {field.unit}".rstrip()
    else:
        accepted = ", ".join(field.raw_levels or field.levels).replace("|", "\\|")
    marks = ", ".join(name for name in MARKS if getattr(field, name))
    return f"| {field.raw or field.name} | {field.kind} | {accepted} | {marks} |"
