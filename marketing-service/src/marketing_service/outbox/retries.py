"""When a deferred target is tried again, and when trying ends."""

from typing import Final

_MINUTE_MS: Final = 60_000
_FIRST_DELAYS_MS: Final = tuple(minutes * _MINUTE_MS for minutes in (1, 5, 15, 60))
_LATER_DELAY_MS: Final = 240 * _MINUTE_MS
_GIVE_UP_MS: Final = 72 * 60 * _MINUTE_MS


def retry_delay_ms(attempt: int) -> int | None:
    """Tell how long to wait after an attempt, the first one being 1.

    Returns:
        Milliseconds; None when 72 hours of waiting would be passed.
    """
    if _waited_ms(attempt) > _GIVE_UP_MS:
        return None
    return _delay_ms(attempt)


def _delay_ms(attempt: int) -> int:
    return _FIRST_DELAYS_MS[attempt - 1] if attempt <= len(_FIRST_DELAYS_MS) else _LATER_DELAY_MS


def _waited_ms(attempts: int) -> int:
    return sum(_delay_ms(attempt) for attempt in range(1, attempts + 1))
