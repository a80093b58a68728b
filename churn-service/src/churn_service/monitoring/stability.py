"""Population stability index, and the threshold that holds a promised false-alarm rate.

Without drift PSI is about (1/n + 1/m) times a chi-square variable with one degree of
freedom less than there are bins, for a window of n and a reference of m rows. No fixed
threshold can hold a promise, since the noise depends on both.
"""

import math
from collections.abc import Sequence

from churn_service.artefact.reference import BinnedField, NullMoments
from churn_service.monitoring.chi_square import chi_square_quantile, pearson_quantile

FEWEST_ROWS = 100
FORMULA_ROWS = 500
LARGE_PSI = 0.02
_HALF = 0.5
# Bins are joined until a window is expected to have this many rows in each.
_EXPECTED_ROWS = 20

Groups = tuple[tuple[int, ...], ...]


def psi(reference: Sequence[int], window: Sequence[int]) -> float:
    """Return the PSI of two rows of counts, half a count added to each bin."""
    m = sum(reference) + _HALF * len(reference)
    n = sum(window) + _HALF * len(window)
    total = 0.0
    for there, here in zip(reference, window, strict=True):
        p, q = (there + _HALF) / m, (here + _HALF) / n
        total += (q - p) * math.log(q / p)
    return total


def coarse_bins(binned: BinnedField, rows: int) -> Groups:
    """Join bins that a window of this many rows would hardly fill.

    Bins of a number join their neighbours; of the levels, the rare ones join
    each other. The missing values of a number keep a bin of their own. The
    answer depends on the reference and `rows` only, never on the window.
    """
    smallest = _EXPECTED_ROWS * binned.rows / rows
    if binned.edges:
        last = len(binned.counts) - 1
        return (*_neighbours_joined(binned.counts[:last], smallest), (last,))
    common = [index for index, count in enumerate(binned.counts) if count >= smallest]
    rare = tuple(index for index, count in enumerate(binned.counts) if count < smallest)
    return (*((index,) for index in common), *([rare] if rare else []))


def counts_of(groups: Groups, counts: Sequence[int]) -> list[int]:
    """Return the counts of joined bins."""
    return [sum(counts[index] for index in group) for group in groups]


def field_psi(binned: BinnedField, window: Sequence[int]) -> tuple[float, int]:
    """Return the PSI of a field and how many bins it was taken over.

    Bins that are empty in the reference and in the window are left out.
    """
    groups = coarse_bins(binned, max(1, sum(window)))
    pairs = zip(counts_of(groups, binned.counts), counts_of(groups, window), strict=True)
    kept = [pair for pair in pairs if any(pair)]
    return psi([there for there, _ in kept], [here for _, here in kept]), len(kept)


def psi_threshold(binned: BinnedField, rows: int, bins: int, tail: float) -> float:
    """Return the PSI that a window without drift exceeds with probability `tail`.

    From 500 rows on by the chi-square formula. Below, the formula is too low:
    there the distribution that training resampled decides where it is higher.
    In very large windows a PSI below .02 is no drift worth a word.
    """
    if bins < 2:
        return math.inf
    noise = 1 / rows + 1 / binned.rows
    scaled = chi_square_quantile(tail, bins - 1)
    if rows < FORMULA_ROWS and binned.null:
        scaled = max(scaled, _resampled(binned.null, rows, tail))
    return max(noise * scaled, LARGE_PSI if rows >= FORMULA_ROWS else 0.0)


def _resampled(null: Sequence[NullMoments], rows: int, tail: float) -> float:
    """Return the quantile at `rows`, straight in 1/rows between resampled sizes."""
    below = max((item for item in null if item.rows <= rows), key=_rows, default=null[0])
    above = min((item for item in null if item.rows >= rows), key=_rows, default=null[-1])
    low, high = _quantile(below, tail), _quantile(above, tail)
    if above.rows == below.rows:
        return low
    share = (1 / below.rows - 1 / rows) / (1 / below.rows - 1 / above.rows)
    return low + share * (high - low)


def _rows(null: NullMoments) -> int:
    return null.rows


def _quantile(null: NullMoments, tail: float) -> float:
    return pearson_quantile(tail, null.mean, null.deviation, null.skewness)


def _neighbours_joined(counts: Sequence[int], smallest: float) -> Groups:
    groups: list[tuple[int, ...]] = []
    rest: tuple[int, ...] = ()
    for index, _ in enumerate(counts):
        rest = (*rest, index)
        if sum(counts[member] for member in rest) >= smallest:
            groups.append(rest)
            rest = ()
    if rest and len(groups) > 1:
        return (*groups[:-1], (*groups[-1], *rest))
    return (*groups, rest) if rest else tuple(groups)
