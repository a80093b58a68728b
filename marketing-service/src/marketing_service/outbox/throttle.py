"""The throttle: how many messages may be sent now, and when the next one may."""

from collections.abc import Callable
from typing import Final

_CRUMB: Final = 1e-9
"""What sums of fractions may lack; waiting for it would be waiting for nothing."""


class TokenBucket:
    """Allows a rate per second, in bursts of at most one second's worth.

    Args:
        per_second: The allowed rate; None allows everything.
        monotonic: Seconds that never step back.
    """

    def __init__(self, per_second: float | None, monotonic: Callable[[], float]) -> None:
        self._rate = per_second
        self._monotonic = monotonic
        # A slow rate must still be able to gather one whole message.
        self._size = max(1.0, per_second or 0.0)
        self._tokens = self._size
        self._filled_at = monotonic()

    def set_rate(self, per_second: float | None) -> None:
        """Change the rate; what was gathered so far stays, up to the new burst."""
        self._fill()
        self._rate = per_second
        self._size = max(1.0, per_second or 0.0)

    def available(self, wanted: int) -> int:
        """Tell how many of the wanted messages may be sent now; takes none."""
        if self._rate is None:
            return wanted
        self._fill()
        return min(wanted, int(self._tokens + _CRUMB))

    def take(self, count: int) -> None:
        """Use up the allowance of messages that are being sent."""
        if self._rate is not None:
            self._tokens -= count

    def wait_seconds(self, wanted: int) -> float:
        """Tell how long it takes until that many may be sent; 0 when they may now."""
        if self._rate is None:
            return 0.0
        self._fill()
        missing = min(wanted, self._size) - self._tokens
        return 0.0 if missing <= _CRUMB else missing / self._rate

    def sensible_window(self, wanted: int) -> int:
        """Tell how many messages to gather allowance for: a tenth of a second's, at most.

        Sending each as soon as it is allowed would cost a commit per message.
        """
        if self._rate is None:
            return wanted
        return min(wanted, max(1, int(self._rate / 10)))

    def _fill(self) -> None:
        now = self._monotonic()
        gained = (now - self._filled_at) * (self._rate or 0.0)
        self._tokens = min(self._size, self._tokens + gained)
        self._filled_at = now
