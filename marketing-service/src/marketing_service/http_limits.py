"""What one upstream may cost: numbers, retry budget, breaker, and the errors.

Errors:
    HttpPolicyError
        UpstreamUnavailableError    nobody answered in time
            BreakerOpenError        not asked, because it failed too often
        ReplyTooLargeError          more bytes than the limit allows
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


class HttpPolicyError(Exception):
    """A call got no reply that can be used."""


class UpstreamUnavailableError(HttpPolicyError):
    """Nobody answered in time, after every attempt that was allowed."""


class BreakerOpenError(UpstreamUnavailableError):
    """The upstream failed too often and is left alone for a moment."""


class ReplyTooLargeError(HttpPolicyError):
    """The reply has more bytes than the limit allows."""


@dataclass(frozen=True)
class PolicyLimits:
    """The numbers of the policy; times in seconds."""

    deadline_seconds: float = 30.0
    connect_seconds: float = 1.0
    attempt_seconds: float = 5.0
    attempts: int = 3
    backoff_floor_seconds: float = 0.05
    backoff_cap_seconds: float = 2.0
    max_concurrent: int = 4
    max_reply_bytes: int = 16 * 1024 * 1024
    retry_burst: float = 10.0
    retry_share: float = 0.1
    breaker_window_seconds: float = 20.0
    breaker_min_calls: int = 20
    breaker_error_rate: float = 0.5
    breaker_open_seconds: float = 5.0


class RetryBudget:
    """A token bucket: every first attempt pays in a tenth, a retry takes one."""

    def __init__(self, burst: float, share: float) -> None:
        self._burst = burst
        self._share = share
        self._tokens = burst
        self._lock = threading.Lock()

    def deposit(self) -> None:
        """Count a first attempt."""
        with self._lock:
            self._tokens = min(self._burst, self._tokens + self._share)

    def withdraw(self) -> bool:
        """Say whether one more retry may be made, and count it."""
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Breaker:
    """Stop asking an upstream whose error rate over a window is too high.

    Args:
        limits: Window, smallest number of calls, rate and time of rest.
        clock: Monotonic seconds.
    """

    def __init__(self, limits: PolicyLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._calls: deque[tuple[float, bool]] = deque()
        self._opened_at: float | None = None
        self._is_probing = False
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Tell whether calls are refused at the moment (the probe apart)."""
        return self._opened_at is not None

    def admit(self) -> None:
        """Let a call pass.

        Raises:
            BreakerOpenError: While the upstream rests or its one probe is out.
        """
        with self._lock:
            if self._opened_at is None:
                return
            rest = self._opened_at + self._limits.breaker_open_seconds - self._clock()
            if rest > 0 or self._is_probing:
                raise BreakerOpenError(
                    "it failed too often and is asked again "
                    + (f"in {rest:.1f} s" if rest > 0 else "when the running probe has returned")
                )
            self._is_probing = True

    def record(self, *, is_success: bool) -> None:
        """Count the end of an attempt that was let through."""
        with self._lock:
            now = self._clock()
            if self._is_probing:
                self._is_probing = False
                self._opened_at = None if is_success else now
                self._calls.clear()
                return
            self._calls.append((now, is_success))
            while self._calls[0][0] < now - self._limits.breaker_window_seconds:
                self._calls.popleft()
            failed = sum(not good for _, good in self._calls)
            if len(self._calls) >= self._limits.breaker_min_calls and (
                failed >= self._limits.breaker_error_rate * len(self._calls)
            ):
                self._opened_at = now
