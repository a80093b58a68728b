"""Choose a family: the scorecard stays unless another one clearly wins."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from churn_service.training.cross_validation import Evaluation, FoldResult
from churn_service.training.family_names import PAIRS, SCORECARDS

T_LIMIT = 2.0


@dataclass(frozen=True)
class Paired:
    """A family beside the one that is kept, fold by fold on log loss.

    Attributes:
        family: The other family.
        difference: Mean log loss that it saves; below zero it costs.
        t: Corrected paired t of the difference; above 2 is a win.
        wins: Whether it wins.
    """

    family: str
    difference: float
    t: float
    wins: bool


@dataclass(frozen=True)
class Comparison:
    """The families on the same outer folds, and which one was chosen.

    Attributes:
        folds: What each outer fold gave, by family.
        kept: The family that stays unless another wins: the plain scorecard, or
            the one with pairs where that wins.
        paired: Every other family beside it.
        chosen: The family to train.
        best: The family with the lowest mean log loss.
    """

    folds: tuple[FoldResult, ...]
    kept: str
    paired: tuple[Paired, ...]
    chosen: str
    best: str

    @property
    def losses(self) -> dict[str, float]:
        """Mean log loss by family."""
        return {
            family: float(np.mean([fold.metrics[family].log_loss for fold in self.folds]))
            for family in self.folds[0].metrics
        }

    @property
    def cost(self) -> float:
        """Log loss that the choice gives up against the best family."""
        return self.losses[self.chosen] - self.losses[self.best]

    def sentences(self) -> Iterator[str]:
        """Yield what was compared, what was chosen and what it costs."""
        for pair in self.paired:
            word = "less" if pair.difference > 0 else "more"
            yield (
                f"{pair.family}: log loss {abs(pair.difference):.5f} {word} than {self.kept}, "
                f"corrected paired t = {pair.t:.2f}"
            )
        yield f"chosen: {self.chosen}, {self._reason()}"
        if self.best == self.chosen:
            yield "no family has a lower mean log loss, so the choice costs nothing"
        else:
            yield (
                f"the choice costs {self.cost:.5f} of log loss against {self.best}, "
                "which is within the noise of the folds"
            )

    def _reason(self) -> str:
        if self.chosen == self.kept:
            return f"{self._beaten()}kept because no other family wins with t > {T_LIMIT:g}"
        t = next(pair.t for pair in self.paired if pair.family == self.chosen)
        return f"which beats {self.kept} with t = {t:.2f} (limit {T_LIMIT:g})"

    def _beaten(self) -> str:
        """Return which plain scorecards pairs have taken the place of."""
        plain = [pair for pair in self.paired if pair.family in SCORECARDS]
        if self.kept != PAIRS or not plain:
            return ""
        beaten = ", ".join(f"{pair.family} with t = {-pair.t:.2f}" for pair in plain)
        return f"a scorecard that beats {beaten}, and "


def choose(evaluation: Evaluation, families: Sequence[str]) -> Comparison:
    """Compare these families; of several winners the lowest log loss counts.

    A scorecard with pairs that beats the one without takes its place: it can be
    read as well, so others have to beat it then.
    """
    losses = {name: evaluation.values(name, "log_loss") for name in families}
    kept = _kept(evaluation, families)
    paired = tuple(_paired(kept, name, evaluation) for name in families if name != kept)
    means = {name: float(np.mean(found)) for name, found in losses.items()}
    winners = [pair.family for pair in paired if pair.wins]
    return Comparison(
        folds=evaluation.folds,
        kept=kept,
        paired=paired,
        chosen=min(winners, key=means.__getitem__, default=kept),
        best=min(families, key=means.__getitem__),
    )


def corrected_t(differences: Sequence[float], test_share: float) -> float:
    """Return the paired t of Nadeau and Bengio (2003) over outer folds.

    Folds share training rows, so their plain variance is far too small; it is
    raised by ``test_share``, the size of a fold's test part over its train part.
    No variance at all gives zero or infinity.
    """
    mean, variance = float(np.mean(differences)), float(np.var(differences, ddof=1))
    if variance == 0:
        return math.copysign(math.inf, mean) if mean else 0.0
    return mean / math.sqrt((1 / len(differences) + test_share) * variance)


def _kept(evaluation: Evaluation, families: Sequence[str]) -> str:
    simple = next((name for name in SCORECARDS if name in families), families[0])
    wins = PAIRS in families and _paired(simple, PAIRS, evaluation).wins
    return PAIRS if wins else simple


def _paired(kept: str, family: str, evaluation: Evaluation) -> Paired:
    pairs = zip(
        evaluation.values(kept, "log_loss"), evaluation.values(family, "log_loss"), strict=True
    )
    differences = [one - two for one, two in pairs]
    shares = [len(fold.judged) / (fold.rows - len(fold.judged)) for fold in evaluation.folds]
    t = corrected_t(differences, float(np.mean(shares)))
    return Paired(family, float(np.mean(differences)), t, t > T_LIMIT)
