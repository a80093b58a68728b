"""Expected performance without outcomes, from calibrated probabilities (CBPE)."""

from dataclasses import dataclass

from churn_service.monitoring.counts import ScoreSums

BLIND_SPOT = (
    "Expected from the probabilities alone: it follows a change of customers, but it is blind "
    "to a change of their behaviour. When the same kind of customer starts to leave more often "
    "than the model says, these figures stay as they are; only outcomes can tell."
)


@dataclass(frozen=True)
class ExpectedPerformance:
    """What the probabilities promise, if they are as calibrated as in training.

    Attributes:
        auc: Expected chance that a leaver scores above a stayer; None when
            every score says the same outcome for certain.
        brier: Expected mean squared error.
        log_loss: Expected mean of -log(probability of what happens).
        churn_rate: Mean probability.
    """

    auc: float | None
    brier: float
    log_loss: float
    churn_rate: float


def expected_performance(scores: ScoreSums) -> ExpectedPerformance | None:
    """Return what these scores promise; None for nobody.

    Each score c counts as c leavers and 1 - c stayers. A leaver wins against
    the stayers below and against half of those in the same cell of 1/200.
    """
    rows = sum(scores.customers)
    if not rows:
        return None
    leavers = sum(scores.chances)
    stayers = rows - leavers
    below = won = 0.0
    for count, chance in zip(scores.customers, scores.chances, strict=True):
        here = count - chance
        won += chance * (below + here / 2)
        below += here
    return ExpectedPerformance(
        auc=won / (leavers * stayers) if leavers > 0 and stayers > 0 else None,
        brier=scores.brier / rows,
        log_loss=scores.log_loss / rows,
        churn_rate=leavers / rows,
    )
