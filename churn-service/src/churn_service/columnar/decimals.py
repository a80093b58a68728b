"""Decimal numbers in text columns, with the bits of `float`."""

import numpy as np
from numpy.typing import NDArray

from churn_service.columnar.cells import Bools, Texts
from churn_service.columnar.encoding import ROWS_AT_ONCE, WordReader
from churn_service.columnar.exact import Floats

Bytes = NDArray[np.uint8]

_ZERO, _POINT = 48, 46
_WORD = 8  # bytes
_LONGEST = 24  # bytes of a text that is looked at here
# Up to 15 digits a whole number and a power of ten are exact, so one division rounds once.
_MOST_DIGITS = 15
_POWERS = 10.0 ** np.arange(_MOST_DIGITS + 1)


def parse_decimals(texts: Texts) -> tuple[Floats, Bools]:
    """Read digits with at most one point between or around them.

    Returns:
        The numbers, and which texts are anything else and were not read.
    """
    rows = len(texts.starts)
    numbers, is_odd = np.empty(rows), np.empty(rows, dtype=bool)
    reader = WordReader(texts, is_zero_free=True)
    for start in range(0, rows, ROWS_AT_ONCE):
        part = slice(start, min(start + ROWS_AT_ONCE, rows))
        sizes = texts.ends[part] - texts.starts[part]
        numbers[part], is_odd[part] = _parse(reader.words(part), sizes)
    return numbers, is_odd


def _parse(words: list[NDArray[np.uint64]], sizes: NDArray[np.int64]) -> tuple[Floats, Bools]:
    """Read some texts, of which `words` holds the bytes, eight at a time."""
    sum_of_digits = _Digits(len(sizes))
    for place in range(min(int(sizes.max(initial=0)), _LONGEST)):
        shift = np.uint64(8 * (place % _WORD))
        sum_of_digits.take((words[place // _WORD] >> shift).astype(np.uint8), sizes > place)
    return sum_of_digits.numbers(), sum_of_digits.is_odd() | (sizes > _LONGEST)


class _Digits:
    """Numbers that are read byte by byte, all at once."""

    def __init__(self, rows: int) -> None:
        self._whole = np.zeros(rows, dtype=np.uint64)
        self._digits: Bytes = np.zeros(rows, dtype=np.uint8)
        self._decimals: Bytes = np.zeros(rows, dtype=np.uint8)
        self._points: Bytes = np.zeros(rows, dtype=np.uint8)
        self._is_strange: Bools = np.zeros(rows, dtype=bool)

    def take(self, byte: Bytes, is_inside: Bools) -> None:
        """Take the next byte of every text; those that ended have a zero byte."""
        figure = byte - np.uint8(_ZERO)  # wraps round below zero
        is_digit, is_point = figure <= 9, byte == _POINT
        self._is_strange |= is_inside & ~(is_digit | is_point)
        longer = self._whole * np.uint64(10) + figure
        self._whole = np.where(is_digit, longer, self._whole)
        self._digits += is_digit.view(np.uint8)
        self._decimals += is_digit.view(np.uint8) & self._points
        self._points += is_point.view(np.uint8)

    def is_odd(self) -> Bools:
        """Tell which texts are not such numbers."""
        found: Bools = (self._digits == 0) | (self._digits > _MOST_DIGITS) | (self._points > 1)
        return found | self._is_strange

    def numbers(self) -> Floats:
        """Return the numbers."""
        found: Floats = self._whole / _POWERS.take(self._decimals, mode="clip")
        return found
