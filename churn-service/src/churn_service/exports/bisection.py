"""Questions by halves: which piece of a line a number falls into, with few questions."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Made = TypeVar("Made")


def halved(
    knots: Sequence[float],
    leaf: Callable[[int], Made],
    branch: Callable[[float, Made, Made], Made],
) -> Made:
    """Build what finds piece ``bisect_right(knots, x)`` with log2 questions.

    Args:
        knots: Ascending numbers between the pieces.
        leaf: Makes what stands for a piece.
        branch: Makes "below this knot the first, else the second".
    """

    def between(low: int, high: int) -> Made:
        if low == high:
            return leaf(low)
        middle = (low + high) // 2
        return branch(knots[middle], between(low, middle), between(middle + 1, high))

    return between(0, len(knots))
