"""Rules that a part of an artefact must keep, each with the words for its breach."""

from collections.abc import Iterable, Iterator
from itertools import pairwise


def broken(rules: Iterable[tuple[bool, str]]) -> Iterator[str]:
    """Yield the words of every rule that does not hold."""
    return (words for holds, words in rules if not holds)


def ascend(numbers: Iterable[float]) -> bool:
    """Return whether each number is above the one before; not-a-number never is."""
    return all(left < right for left, right in pairwise(numbers))
