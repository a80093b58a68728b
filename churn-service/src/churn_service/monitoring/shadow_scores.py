"""Scores of versions that answer nobody, against those of their training."""

from bisect import bisect_right
from collections.abc import Iterable

from churn_service.artefact.reference import Reference
from churn_service.monitoring.stability import FEWEST_ROWS, field_psi

_MOST_VERSIONS = 4


class ShadowScores:
    """Counts scores per version in the bins of its reference; for one thread."""

    def __init__(self) -> None:
        self._bins: dict[str, list[int]] = {}

    def add(
        self, version: str, reference: Reference | None, scores: Iterable[float]
    ) -> float | None:
        """Count scores and return the PSI of all so far; None below 100 customers."""
        if reference is None:
            return None
        score = reference.score
        bins = self._bins.setdefault(version, [0] * len(score.counts))
        for chance in scores:
            bins[bisect_right(score.edges, chance)] += 1
        while len(self._bins) > _MOST_VERSIONS:
            del self._bins[next(iter(self._bins))]
        return field_psi(score, bins)[0] if sum(bins) >= FEWEST_ROWS else None
