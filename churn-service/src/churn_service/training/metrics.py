"""How good probabilities are: one function per number of the report."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from churn_service.training.empc import expected_maximum_profit

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


METRIC_LABELS = {
    "rows": "customers",
    "churned": "of them churned",
    "auc": "AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "average_precision": "average precision",
    "calibration_slope": "calibration slope",
    "lift_at_10": "lift at 10 %",
    "empc": "EMPC",
}

_TWO_DECIMALS = {"lift_at_10", "calibration_slope", "empc"}


@dataclass(frozen=True)
class Metrics:
    """Quality of churn probabilities on rows that the model has not seen.

    Attributes:
        rows: Customers judged.
        churned: How many of them left.
        auc: Chance that a leaver scores above a stayer.
        log_loss: Mean of -log(probability of what happened).
        brier: Mean squared error of the probability.
        average_precision: Area under precision and recall.
        calibration_slope: One when probabilities are neither too bold nor too shy.
        lift_at_10: Churn rate of the top tenth, over the rate of all.
        empc: Expected profit per customer of offers to the best share, at a
            customer worth 200, an incentive of 10 and a contact of 1.
    """

    rows: int
    churned: int
    auc: float
    log_loss: float
    brier: float
    average_precision: float
    calibration_slope: float
    lift_at_10: float
    empc: float


def measure(churned: Labels, probability: Floats, weights: Floats | None = None) -> Metrics:
    """Return all metrics of these probabilities.

    `weights` says how many customers each row stands for; None means one each.
    """
    return Metrics(
        rows=len(churned),
        churned=int(churned.sum()),
        auc=float(roc_auc_score(churned, probability, sample_weight=weights)),
        log_loss=float(log_loss(churned, probability, sample_weight=weights)),
        brier=float(brier_score_loss(churned, probability, sample_weight=weights)),
        average_precision=float(
            average_precision_score(churned, probability, sample_weight=weights)
        ),
        calibration_slope=calibration_slope(churned, probability, weights),
        lift_at_10=lift(churned, probability, 0.1, weights),
        empc=expected_maximum_profit(churned, probability, weights=weights).per_customer,
    )


def metric_text(name: str, value: float) -> str:
    """Return a metric as the tables show it."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2f}" if name in _TWO_DECIMALS else f"{value:.4f}"


def calibration_slope(churned: Labels, probability: Floats, weights: Floats | None = None) -> float:
    """Return the slope of a logistic regression of the outcome on the logit."""
    inside = np.clip(probability, 1e-12, 1 - 1e-12)
    logit = np.log(inside / (1 - inside)).reshape(-1, 1)
    model = LogisticRegression(C=1e12, solver="newton-cholesky")
    return float(model.fit(logit, churned, sample_weight=weights).coef_[0, 0])


def lift(
    churned: Labels, probability: Floats, share: float, weights: Floats | None = None
) -> float:
    """Return the churn rate of the highest scores, over the rate of all.

    Customers tied at the border count with their mean, so order is of no matter.
    """
    given = np.ones(len(churned)) if weights is None else weights
    size = max(1, round(share * given.sum()))
    order = np.argsort(-probability, kind="stable")
    reached = min(np.searchsorted(np.cumsum(given[order]), size), len(order) - 1)
    border = probability[order[reached]]
    above, tied = probability > border, probability == border
    rate = np.average(churned[tied], weights=given[tied])
    leavers = given[above] @ churned[above] + rate * (size - given[above].sum())
    return float(leavers / size / np.average(churned, weights=given))
