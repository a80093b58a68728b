"""What one version says of many customers, as columns; single predictions on demand."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import overload

import numpy as np

from churn_contract.prediction import Prediction
from churn_service.artefact.document import ModelDocument
from churn_service.column_customers import CellSums, ColumnPredictions
from churn_service.columnar.block import NumberColumn, Scores
from churn_service.columnar.counting import counted
from churn_service.columnar.exact import parts_of
from churn_service.columnar.ids import Ids

_TINY = 1e-300


class ScoredColumns(ColumnPredictions):
    """The scores of a block, with the ids that belong to them."""

    def __init__(
        self, version: str, document: ModelDocument, scores: Scores, ids: Ids | None
    ) -> None:
        self.version, self.threshold = version, document.threshold
        self.scores, self.ids = scores, ids

    def churning(self) -> int:
        """Count those that reach the threshold."""
        return int(np.count_nonzero(self.scores.churn))

    def bins(self, edges: Sequence[float]) -> list[int]:
        """Count the probabilities in the bins of a reference."""
        return counted(NumberColumn(self.scores.chances), edges)

    def sums(self, cells: int) -> CellSums:
        """Sum the probabilities up, in so many equal cells."""
        customers, sums = np.zeros(cells, dtype=np.intp), np.zeros(cells)
        brier = log_loss = 0.0
        for some in parts_of(self.scores.chances):
            places = np.minimum((some * cells).astype(np.intp), cells - 1)
            customers += np.bincount(places, minlength=cells)
            sums += np.bincount(places, weights=some, minlength=cells)
            rest = 1.0 - some
            brier += float(np.dot(some, rest))
            # what 0 and 1 say is nothing; the smallest float keeps their logarithms finite
            log_loss -= float(np.dot(some, np.log(some + _TINY)))
            log_loss -= float(np.dot(rest, np.log(rest + _TINY)))
        return CellSums(customers.tolist(), sums.tolist(), brier, log_loss)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.scores.chances)

    @overload
    def __getitem__(self, row: int) -> Prediction: ...

    @overload
    def __getitem__(self, row: slice) -> Sequence[Prediction]: ...

    def __getitem__(self, row: int | slice) -> Prediction | Sequence[Prediction]:
        """Return one prediction, or a list of some."""
        if isinstance(row, slice):
            return [self._one(index) for index in range(*row.indices(len(self)))]
        return self._one(range(len(self))[row])

    def __iter__(self) -> Iterator[Prediction]:
        """Yield every prediction; several times as fast as one after the other."""
        chances, churn, low, high = self.scores
        rows = len(self)
        if low is None or high is None:
            intervals: Iterable[tuple[float, float] | None] = repeat(None, rows)
        else:
            intervals = zip(low.tolist(), high.tolist(), strict=True)
        return map(
            Prediction,
            chances.tolist(),
            churn.tolist(),
            repeat(self.version),
            repeat(self.threshold),
            repeat(None, rows) if self.ids is None else self.ids.given(),
            repeat(()),
            intervals,
        )

    def _one(self, row: int) -> Prediction:
        chances, churn, low, high = self.scores
        return Prediction(
            churn_probability=float(chances[row]),
            churn=bool(churn[row]),
            model_version=self.version,
            threshold=self.threshold,
            customer_id=self.ids.text(row) if self.ids else None,
            interval=None if low is None or high is None else (float(low[row]), float(high[row])),
        )
