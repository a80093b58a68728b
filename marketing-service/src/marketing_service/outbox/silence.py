"""Silence: for how long the counter of each other worker has stood still."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

_ENDED: Final = -1
"""Stands for the counter of a life that is over."""


class Silence:
    """Remembers what was seen of each life; only this observer's clock measures.

    Args:
        monotonic: Seconds that never step back.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: dict[int, tuple[int, float]] = {}

    def notice(self, live: Mapping[int, int], ended: Iterable[int]) -> None:
        """Take in one look at all lives.

        Args:
            live: Epoch to counter of every worker that is not declared dead.
            ended: Epochs that are over and left something behind. Their silence begins
                when they are first seen here, not with their last beat: until they were
                declared dead, they may have marked more targets.
        """
        counters = dict.fromkeys(ended, _ENDED) | dict(live)
        now = self._monotonic()
        self._seen = {
            epoch: self._unmoved(epoch, counter) or (counter, now)
            for epoch, counter in counters.items()
        }

    def lasting(self, seconds: float) -> frozenset[int]:
        """Tell the epochs that were silent for at least so long."""
        now = self._monotonic()
        return frozenset(
            epoch for epoch, (_, since) in self._seen.items() if now - since >= seconds
        )

    def _unmoved(self, epoch: int, counter: int) -> tuple[int, float] | None:
        known = self._seen.get(epoch)
        return known if known and known[0] == counter else None
