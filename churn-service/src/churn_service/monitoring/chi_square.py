"""Quantiles of the chi-square and Pearson III distributions, without scipy."""

import math
from collections.abc import Callable
from functools import lru_cache

_MOST_TERMS = 10_000
_PRECISION = 1e-15
_TINY = 1e-300
_BISECTIONS = 200


def gamma_tail(shape: float, value: float) -> float:
    """Return Q(shape, value), the upper tail of the gamma distribution.

    A series below `shape + 1`, Lentz's continued fraction above it, as in
    DLMF 8.11.4 and 8.9.2; relative error about 1e-13.
    """
    if value <= 0:
        return 1.0
    scale = math.exp(shape * math.log(value) - value - math.lgamma(shape))
    if value < shape + 1:
        return 1.0 - scale * _series(shape, value)
    return scale * _fraction(shape, value)


def chi_square_tail(value: float, degrees: float) -> float:
    """Return the probability that a chi-square variable exceeds `value`."""
    return gamma_tail(degrees / 2, value / 2)


@lru_cache(maxsize=4096)
def chi_square_quantile(tail: float, degrees: float) -> float:
    """Return the value that is exceeded with probability `tail`, 0 < tail < 1."""
    return 2 * _gamma_quantile(tail, degrees / 2)


@lru_cache(maxsize=4096)
def pearson_quantile(tail: float, mean: float, deviation: float, skewness: float) -> float:
    """Return the upper quantile of a shifted gamma with these three moments.

    Without skewness to the right the gamma is as good as normal: a shape of a
    million stands for it.
    """
    shape = 4 / max(skewness, 0.002) ** 2
    standard = (_gamma_quantile(tail, shape) - shape) / math.sqrt(shape)
    return mean + deviation * standard


def _gamma_quantile(tail: float, shape: float) -> float:
    if not 0 < tail < 1:
        raise ValueError(f"a tail probability lies between 0 and 1, not at {tail}")
    high = shape + 1.0
    while gamma_tail(shape, high) > tail:
        high *= 2
    return _bisect(lambda value: gamma_tail(shape, value) - tail, high)


def _bisect(falling: Callable[[float], float], high: float) -> float:
    low = 0.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


def _series(shape: float, value: float) -> float:
    term = total = 1 / shape
    for index in range(1, _MOST_TERMS):
        term *= value / (shape + index)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _fraction(shape: float, value: float) -> float:
    """Return the continued fraction by the modified method of Lentz."""
    b = value + 1 - shape
    c, d = 1 / _TINY, 1 / b
    product = d
    for index in range(1, _MOST_TERMS):
        a = -index * (index - shape)
        b += 2
        d = 1 / _not_zero(a * d + b)
        c = _not_zero(b + a / c)
        product *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return product


def _not_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
