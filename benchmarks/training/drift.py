"""How often the watch over drift is wrong, and how often it is right."""

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.row import Row
from churn_contract.prediction import Prediction
from churn_contract.validation import Customer
from churn_service.artefact.reference import SCORE, BinnedField, Reference
from churn_service.monitoring.counts import BinCounter
from churn_service.monitoring.stability import (
    coarse_bins,
    counts_of,
    field_psi,
    psi_threshold,
)
from churn_service.training.reference import resampled_moments, resampled_psi

Floats = NDArray[np.float64]

WEEKS, WINDOWS_PER_WEEK = 1000, 7
REFERENCE_ROWS = 5000
MOST_ALARMS = 18
SIZES = (100, 1_000, 10_000)
# A table like Telco: numbers in tenths, a score, and sixteen fields of two to six levels.
SHAPES = (
    *[(0.1,) * 10] * 4,
    *[(0.5, 0.5)] * 2,
    (0.84, 0.16),
    (0.7, 0.3),
    (0.9, 0.1),
    (0.59, 0.41),
    *[(0.44, 0.34, 0.22)] * 7,
    (0.55, 0.24, 0.21),
    (0.34, 0.23, 0.22, 0.21),
    (0.6, 0.2, 0.1, 0.06, 0.03, 0.01),
)


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - every part of the bench is called so
    """Yield false alarms, power and cost; `full` adds more window sizes."""
    for size in (*SIZES, *((200, 500, 100_000) if full else ())):
        found = false_alarms(size)
        yield Row(
            name=f"weeks of 1,000 without drift that raise an alarm, windows of {size:,}",
            value=found,
            goal=f"<= {MOST_ALARMS}" if size in SIZES else "",
            met=found <= MOST_ALARMS if size in SIZES else None,
            rival=fixed_limit_alarms(size),
        )
    power = power_at(0.2, 500)
    yield Row("power at PSI .2, windows of 500", power, goal=">= 0.90", met=power >= 0.9)
    yield Row("time to count one served customer of 19 fields", counting_us(), "us")


def false_alarms(size: int) -> int:
    """Return how many of 1,000 weeks without drift raise any alarm."""
    random = np.random.default_rng(2026)
    tail = 0.01 / (len(SHAPES) * WINDOWS_PER_WEEK)
    # The noise of the reference counts for little in a small window; there each is used longer.
    per_reference = 50 if size < 500 else 2
    weeks = [_week_alarms(size, per_reference, tail, random) for _ in range(WEEKS // per_reference)]
    return int(sum(weeks))


def fixed_limit_alarms(size: int) -> int:
    """Return how many weeks any field would alarm with the usual fixed limit, PSI > 0.1."""
    random = np.random.default_rng(2026)
    raised = np.zeros(WEEKS * WINDOWS_PER_WEEK, dtype=bool)
    for shape in SHAPES:
        psis = resampled_psi(np.array(shape), size, REFERENCE_ROWS, len(raised), random)
        raised |= psis > 0.1
    return int(raised.reshape(WEEKS, WINDOWS_PER_WEEK).any(axis=1).sum())


def power_at(drift: float, size: int) -> float:
    """Return how often a window of ten bins with this true PSI is called drifted."""
    random = np.random.default_rng(2026)
    tail = 0.01 / (len(SHAPES) * WINDOWS_PER_WEEK)
    reference = _reference((0.1,) * 10, size, random)
    windows = random.multinomial(size, _tilted(10, drift), size=1000)
    found = [field_psi(reference, [*window, 0, 0]) for window in windows.tolist()]
    alarms = [value > psi_threshold(reference, size, bins, tail) for value, bins in found]
    return float(np.mean(alarms))


def counting_us() -> float:
    """Return the CPU time of counting one customer, answered alone, in microseconds."""
    levels = BinnedField(field="plan", levels=("a", "b", "c"), counts=(9, 9, 9, 0, 0))
    number = BinnedField(field="age", edges=tuple(range(11)), counts=(0, *(9,) * 10, 0, 0))
    score = BinnedField(field=SCORE, edges=(0.0, 0.5, 1.1), counts=(0, 9, 9, 0, 0))
    reference = Reference(fields=(*[levels] * 16, *[number] * 3), score=score)
    counter = BinCounter("v", reference)
    counts = counter.empty()
    customer = Customer(None, ("b",) * 16 + (4.0,) * 3)
    prediction = Prediction(churn_probability=0.3, churn=False, model_version="v", threshold=0.5)
    started = time.process_time()
    for _ in range(5_000):
        counter.add(counts, [customer], [prediction])
    return (time.process_time() - started) / 5_000 * 1e6


def _week_alarms(size: int, weeks: int, tail: float, random: np.random.Generator) -> int:
    raised = np.zeros((weeks, WINDOWS_PER_WEEK), dtype=bool)
    for shape in SHAPES:
        reference = _reference(shape, size, random)
        windows = random.multinomial(size, shape, size=raised.shape)
        raised |= _judged(reference, windows, tail)
    return int(raised.any(axis=1).sum())


def _reference(shape: tuple[float, ...], size: int, random: np.random.Generator) -> BinnedField:
    counts = random.multinomial(REFERENCE_ROWS, shape).tolist()
    levels = tuple(map(str, range(len(shape))))
    bare = BinnedField(field="x", levels=levels, counts=(*counts, 0, 0))
    null = (resampled_moments(bare, size, random),) if size < 500 else ()
    return BinnedField(field="x", levels=levels, counts=bare.counts, null=null)


def _judged(reference: BinnedField, windows: NDArray[np.int64], tail: float) -> NDArray[np.bool_]:
    """Judge many windows at once, as `field_psi` and `psi_threshold` judge one."""
    size = int(windows[0, 0].sum())
    groups = coarse_bins(reference, size)
    padded = np.concatenate([windows, np.zeros((*windows.shape[:2], 2), dtype=int)], axis=2)
    here = np.stack([padded[..., list(group)].sum(axis=-1) for group in groups], axis=-1)
    there = np.broadcast_to(counts_of(groups, reference.counts), here.shape)
    kept = (here > 0) | (there > 0)
    bins = kept.sum(axis=-1)
    q = (here + 0.5) / (size + bins / 2)[..., None]
    p = (there + 0.5) / (reference.rows + bins / 2)[..., None]
    psis = np.where(kept, (q - p) * np.log(q / p), 0).sum(axis=-1)
    limits = {used: psi_threshold(reference, size, used, tail) for used in np.unique(bins).tolist()}
    found: NDArray[np.bool_] = psis > np.vectorize(limits.__getitem__)(bins)
    return found


def _tilted(bins: int, drift: float) -> Floats:
    """Tilt equal shares until their PSI is as wanted."""
    places, low, high = np.linspace(-1, 1, bins), 0.0, 5.0
    shares: Floats = np.full(bins, 1 / bins)
    for _ in range(60):
        tilt = (low + high) / 2
        shares = np.exp(tilt * places) / np.exp(tilt * places).sum()
        psi = ((shares - 1 / bins) * np.log(shares * bins)).sum()
        low, high = (tilt, high) if psi < drift else (low, tilt)
    return shares
