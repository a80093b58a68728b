"""The spline scorecard with tables for a few pairs of fields that act together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from scipy.special import expit  # type: ignore[import-untyped]  # ships no types
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import Scorecard
from churn_service.training.dataset import Matrix
from churn_service.training.families.family import Facts, Floats, Sample, Tuned
from churn_service.training.families.pair_tables import (
    BLOCKS,
    PairTable,
    Start,
    blocks_to,
    fit_pairs,
)
from churn_service.training.families.scorecards import ScorecardFamily, ScorecardFit
from churn_service.training.pipeline import C_CHOICES, INNER_FOLDS, SEED

PAIR_C_CHOICES = (0.03, 0.3, 3.0)

Choice = tuple[float, int, float]


@dataclass(frozen=True)
class PairsFit:
    """A fitted scorecard and the tables of its pairs."""

    card: ScorecardFit
    tables: tuple[PairTable, ...]
    names: tuple[str, ...]

    def logits(self, matrix: Matrix) -> Floats:
        """Return the raw score of each row."""
        total = self.card.logits(matrix)
        for table in self.tables:
            total = total + table.logits(matrix)
        return total

    def compile(self, schema: CustomerSchema, matrix: Matrix) -> Scorecard:
        """Return the lookup tables; `matrix` holds the rows of the means."""
        pairs = tuple(table.term(self.names, matrix) for table in self.tables)
        return msgspec.structs.replace(self.card.compile(schema, matrix), pairs=pairs)

    def facts(self) -> Facts:
        """Return those of the scorecard, and which fields are paired."""
        cells = sum(table.table.size for table in self.tables)
        paired = [" x ".join(self.names[place] for place in table.places) for table in self.tables]
        return {
            **self.card.facts(),
            "weights of pairs": cells,
            "pairs": ", ".join(paired) or "none",
        }


class PairsFamily:
    """The spline scorecard, then up to 8 pairs, as many as inner folds like best.

    Args:
        card: The scorecard that pairs are added to.
    """

    def __init__(self, card: ScorecardFamily) -> None:
        self.card = card

    def tune(self, sample: Sample) -> Tuned:
        """Choose C without pairs, number and C of the pairs, then C again with them.

        Pairs are screened on the inner training folds alone. Of equal losses the
        choice that was tried first wins: no pairs.
        """
        alone = self.card.tune(sample).settings["C"]
        losses = self._mean_losses(sample, alone, BLOCKS, PAIR_C_CHOICES)
        _, count, pair_c = min(losses, key=losses.__getitem__)
        if count:
            for c in C_CHOICES:
                again = self._mean_losses(sample, c, blocks_to(count), (pair_c,))
                losses[c, count, pair_c] = again[c, count, pair_c]
        c, count, pair_c = min(losses, key=losses.__getitem__)
        return Tuned(
            {"C": c, "pairs": float(count), "C of pairs": pair_c},
            {
                f"C {one:g}, pairs {n}, C of pairs {two:g}": losses[one, n, two]
                for one, n, two in losses
            },
        )

    def fit(self, sample: Sample, tuned: Tuned) -> PairsFit:
        """Fit to proven convergence; raise FitError otherwise."""
        card = self.card.fit(sample, tuned)
        names = tuple(field.name for field in sample.schema.features)
        count = int(tuned.settings["pairs"])
        if not count:
            return PairsFit(card, (), names)
        start = Start(sample, card.fit, tuned.settings["C"])
        fit, tables = fit_pairs(start, count, tuned.settings["C of pairs"])
        return PairsFit(ScorecardFit(fit), tuple(tables), names)

    def _mean_losses(
        self, sample: Sample, c: float, counts: Sequence[int], pair_cs: Sequence[float]
    ) -> dict[Choice, float]:
        folds = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=SEED)
        found = [
            dict(self._losses(sample.take(learned), sample.take(judged), c, counts, pair_cs))
            for learned, judged in folds.split(sample.matrix, sample.churned)
        ]
        return {choice: float(np.mean([losses[choice] for losses in found])) for choice in found[0]}

    def _losses(
        self,
        learned: Sample,
        judged: Sample,
        c: float,
        counts: Sequence[int],
        pair_cs: Sequence[float],
    ) -> Iterator[tuple[Choice, float]]:
        card = self.card.fit(learned, Tuned({"C": c}, {}))
        yield (c, 0, pair_cs[0]), _loss(judged, card.logits(judged.matrix))
        start = Start(learned, card.fit, c)
        for pair_c in pair_cs:
            for count, (fit, tables) in zip(counts, start.grow(counts, pair_c), strict=True):
                logits = PairsFit(ScorecardFit(fit), tuple(tables), ()).logits(judged.matrix)
                yield (c, count, pair_c), _loss(judged, logits)


def _loss(judged: Sample, logits: Floats) -> float:
    return float(log_loss(judged.churned, expit(logits), sample_weight=judged.weights))
