"""The report as data: the same numbers as on the page."""

from dataclasses import asdict
from typing import Any

from churn_service.training.report.facts import Facts
from churn_service.training.report.text import training_steps
from churn_service.training.trained import TrainedModel


def report_data(model: TrainedModel, facts: Facts) -> dict[str, Any]:
    """Return everything that the page shows; the outcomes of folds by family."""
    return {
        **asdict(facts),
        "steps": [
            {"title": title, "lines": lines} for title, lines in training_steps(model).items()
        ],
        "findings": [asdict(finding) for finding in model.dataset.findings],
        "folds": _folds(model),
    }


def _folds(model: TrainedModel) -> list[dict[str, Any]]:
    if model.comparison is None:
        return []
    return [
        {family: asdict(metrics) for family, metrics in fold.metrics.items()}
        for fold in model.comparison.folds
    ]
