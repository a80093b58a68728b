"""The report of a training: six steps, each with its counts and numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields

import numpy as np

from churn_contract.schema import Field
from churn_service.training.exploration import FeatureView
from churn_service.training.families.fitting import MOST_TUNING_ROWS
from churn_service.training.metrics import METRIC_LABELS, Metrics, metric_text
from churn_service.training.report.fitting import (
    calibration_lines,
    family_lines,
    feature_lines,
    settings_lines,
)
from churn_service.training.trained import TrainedModel

LEAK_AUC = 0.95
_MOST_FEATURES = 12


def training_report(model: TrainedModel) -> str:
    """Return the report; it names no time, host or user."""
    lines = [f"Training report of the model {model.document.name!r}"]
    for number, (title, body) in enumerate(training_steps(model).items(), 1):
        lines += ["", f"{number}. {title}", *(f"   {line}" for line in body)]
    return "\n".join(lines) + "\n"


def training_steps(model: TrainedModel) -> dict[str, list[str]]:
    """Return the lines of each of the six steps, by its title."""
    return {
        "Acquisition": list(_acquisition(model)),
        "Analysis": list(_analysis(model)),
        "Exploration": list(_exploration(model)),
        "Feature engineering": list(feature_lines(model)),
        "Training": list(_training(model)),
        "Evaluation": list(_evaluation(model)),
    }


def _acquisition(model: TrainedModel) -> Iterator[str]:
    table = model.dataset.table
    yield f"{len(table.rows):,} rows, {len(table.header)} columns, {table.size:,} bytes"
    yield f"separator {table.separator}, encoding {table.encoding}, sha256 {table.sha256}"


def _analysis(model: TrainedModel) -> Iterator[str]:
    schema = model.document.schema
    yield f"{len(schema.features)} features: " + _counts(field.kind for field in schema.features)
    roles = (field.role for field in schema.fields if field.role != "feature")
    yield f"other columns: {_counts(roles)}"
    yield _outcome(model)
    yield from map(str, model.dataset.findings)
    if not model.dataset.findings:
        yield "no findings"


def _counts(words: Iterable[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(Counter(words).items()))


def _outcome(model: TrainedModel) -> str:
    outcome, churned = model.document.schema.outcome, model.dataset.churned
    name = f"{outcome.field} = {outcome.positive}" if outcome else "outcome"
    return f"{name}: {int(churned.sum()):,} of {len(churned):,} ({churned.mean():.2%})"


def _exploration(model: TrainedModel) -> Iterator[str]:
    rows, views = len(model.split.train), model.exploration
    yield f"on the {rows:,} customers of the train part; AUC of each feature alone:"
    for view in views[:_MOST_FEATURES]:
        yield f"{view.auc:.3f}  {_title(view.field)}: {_extremes(view)}"
    rest = len(views) - _MOST_FEATURES
    if rest > 0:
        yield f"and {rest} weaker ones"
    for view in views:
        if view.auc >= LEAK_AUC:
            yield f"warning: {_title(view.field)} alone nearly tells the outcome: is it a leak?"


def _extremes(view: FeatureView) -> str:
    highest = max(view.groups, key=lambda group: group.churn_rate)
    lowest = min(view.groups, key=lambda group: group.churn_rate)
    if view.field.kind == "number":
        return f"churn {lowest.churn_rate:.1%} to {highest.churn_rate:.1%} over its range"
    return f"{highest.name} {highest.churn_rate:.1%} churn, {lowest.name} {lowest.churn_rate:.1%}"


def _training(model: TrainedModel) -> Iterator[str]:
    split, churned = model.split, model.dataset.churned
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    for name, rows in parts.items():
        yield f"{name:<10} {len(rows):>7,} customers, {churned[rows].mean():.2%} churned"
    yield from family_lines(model)
    if len(split.train) > MOST_TUNING_ROWS:
        yield f"settings are those of {MOST_TUNING_ROWS:,} customers, drawn with a fixed seed"
    yield from settings_lines(model)
    yield from calibration_lines(model)


def _evaluation(model: TrainedModel) -> Iterator[str]:
    yield f"{'':<18} {'validation':>10} {'test':>10}"
    for field in fields(Metrics):
        pair = (getattr(model.validation, field.name), getattr(model.test, field.name))
        shown = " ".join(f"{metric_text(field.name, value):>10}" for value in pair)
        yield f"{METRIC_LABELS[field.name]:<18} {shown}"
    yield from _confusion(model)
    yield f"tables equal the pipeline on all rows: largest difference {model.parity:.1e}"
    yield f"{len(model.golden)} golden rows written"


def _confusion(model: TrainedModel) -> Iterator[str]:
    rows = model.split.test
    threshold = model.document.threshold
    says = model.test_chances >= threshold
    left = model.dataset.churned[rows] == 1
    found, missed = int(np.sum(says & left)), int(np.sum(~says & left))
    alarms, calm = int(np.sum(says & ~left)), int(np.sum(~says & ~left))
    yield (
        f"at threshold {threshold:g}, test: {found} churners found, {missed} missed, "
        f"{alarms} false alarms, {calm} rightly left alone"
    )


def _title(field: Field) -> str:
    return field.label or field.raw or field.name
