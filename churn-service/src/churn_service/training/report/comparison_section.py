"""The section on the choice of the model."""

from collections.abc import Iterator

import numpy as np

from churn_service.training.choice import Comparison
from churn_service.training.metrics import METRIC_LABELS
from churn_service.training.report.blocks import Section, grid
from churn_service.training.trained import TrainedModel

_SHOWN = ("log_loss", "auc", "brier", "average_precision", "lift_at_10", "empc")


def comparison_section(model: TrainedModel) -> Section:
    """Return the families side by side on the same folds, and the verdict."""
    comparison = model.comparison
    if comparison is None:
        sentences: tuple[str, ...] = (
            (
                "One family was trained, so there is nothing to compare; how its settings were "
                "chosen stands in step 5."
            ),
        )
        return Section("comparison", "How the model was chosen", sentences)
    header = ("family", *(METRIC_LABELS[name] for name in _SHOWN), "saved log loss", "paired t")
    return Section(
        "comparison",
        "How the model was chosen",
        (
            (
                f"Every family was judged on the same {len(comparison.folds)} outer folds; knots, "
                "settings and calibration were chosen inside. Log loss decides. The scorecard "
                "stays unless another family wins with a corrected paired t above 2, "
                "since it explains itself."
            ),
            *(f"{text[:1].upper()}{text[1:]}." for text in comparison.sentences()),
        ),
        (grid("Means (standard deviations) over the folds", header, _rows(comparison)),),
    )


def _rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    paired = {pair.family: pair for pair in comparison.paired}
    for family in comparison.folds[0].metrics:
        pair = paired.get(family)
        yield (
            f"{family} (chosen)" if family == comparison.chosen else family,
            *(_mean(comparison, family, name) for name in _SHOWN),
            "" if pair is None else f"{pair.difference:+.5f}",
            "" if pair is None else f"{pair.t:.2f}",
        )


def _mean(comparison: Comparison, family: str, metric: str) -> str:
    values = [getattr(fold.metrics[family], metric) for fold in comparison.folds]
    decimals = 2 if metric in {"lift_at_10", "empc"} else 4
    return f"{np.mean(values):.{decimals}f} ({np.std(values, ddof=1):.{decimals}f})"
