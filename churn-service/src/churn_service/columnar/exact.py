"""Exponentials of whole columns with the bits of the math module."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]

_PROBES = 20_000
ROWS_AT_ONCE = 8_192  # what stays in the cache


def choose_exp() -> Function:
    """Return the fastest exponential that equals `math.exp` on this machine.

    numpy's own one for AVX512 differs in the last bit for 5 % of the numbers. Its complex
    one calls the C library's, as `math.exp` does. Which of them is right is tried here.
    """
    probes = np.random.default_rng(0).uniform(-60, 3, _PROBES)
    wanted = _exp_by_row(probes)
    for candidate in (np.exp, _exp_by_complex):
        if np.array_equal(candidate(probes), wanted):
            return candidate
    return _exp_by_row


def parts_of(numbers: Floats) -> Iterator[Floats]:
    """Yield views of some numbers at a time."""
    for start in range(0, len(numbers), ROWS_AT_ONCE):
        yield numbers[start : start + ROWS_AT_ONCE]


def sigmoid_with(exp: Function) -> Function:
    """Return `scorer.scorecard.sigmoid` for columns, with the same two branches."""

    def sigmoid(logits: Floats) -> Floats:
        found = np.empty_like(logits)
        for some, out in zip(parts_of(logits), parts_of(found), strict=True):
            odds = exp(-np.abs(some))
            np.divide(np.where(some >= 0, 1.0, odds), 1.0 + odds, out=out)
        return found

    return sigmoid


def _exp_by_complex(numbers: Floats) -> Floats:
    found: Floats = np.exp(numbers.astype(np.complex128)).real
    return found


def _exp_by_row(numbers: Floats) -> Floats:
    return np.fromiter(map(math.exp, numbers.tolist()), np.float64, len(numbers))
