"""`bisect_right` for whole columns, several times faster than `numpy.searchsorted`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from churn_service.columnar.block import Places
from churn_service.columnar.exact import Floats

_FEW = 2
_CELLS = 4096
_MOST_IN_CELL = 3


class Bins:
    """Counts the edges that are not above each number; a missing number has none below it.

    A number's cell on an even grid is a monotone function of it. So the edges of lower
    cells lie below it, those of higher cells above, and only the edges of its own cell
    have to be compared. With many edges in one cell it searches.
    """

    def __init__(self, edges: Sequence[float] | Floats) -> None:
        self.edges = np.asarray(edges, dtype=np.float64)
        self._below: Places | None = None
        self._inside: list[Floats] = []
        if len(self.edges) > _FEW:
            self._spread()

    def places(self, numbers: Floats) -> Places:
        """Return the bin of every number, from 0 to the number of edges."""
        if self._below is not None:
            return self._by_cell(numbers, self._below)
        if len(self.edges) > _FEW:
            found: Places = np.searchsorted(self.edges, numbers, side="right")
            return np.where(np.isnan(numbers), 0, found)
        places = np.zeros(len(numbers), dtype=np.intp)
        for edge in self.edges:
            places += numbers >= edge
        return places

    def _spread(self) -> None:
        self._low, self._high = float(self.edges[0]), float(self.edges[-1])
        self._scale = (_CELLS - 1) / (self._high - self._low)
        if not 0 < self._scale < np.inf:
            return
        cells = self._cells(self.edges)
        counts = np.bincount(cells, minlength=_CELLS)
        if counts.max() > _MOST_IN_CELL:
            return
        self._below = np.cumsum(counts) - counts
        order = np.arange(len(cells)) - self._below[cells]
        for place in range(int(counts.max())):
            inside = np.full(_CELLS, np.inf)
            chosen: NDArray[np.bool_] = order == place
            inside[cells[chosen]] = self.edges[chosen]
            self._inside.append(inside)

    def _cells(self, numbers: Floats) -> Places:
        clipped = np.fmin(np.fmax(numbers, self._low), self._high)
        clipped -= self._low
        clipped *= self._scale
        return clipped.astype(np.intp)

    def _by_cell(self, numbers: Floats, below: Places) -> Places:
        cells = self._cells(numbers)
        places = below.take(cells, mode="clip")
        for inside in self._inside:
            places += numbers >= inside.take(cells, mode="clip")
        return places
