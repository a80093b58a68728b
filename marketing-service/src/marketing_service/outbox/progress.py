"""What one step of the sender did, and how its parts are limited."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class SenderLimits:
    """Sizes and times of the sender; durations in seconds.

    Attributes:
        window: Messages between two commits; as many may be in doubt after a crash.
        claim: Targets leased at once.
        lease_seconds: How long leased targets are kept from other workers.
        watch_seconds: Pause between two looks at the other workers.
        idle_seconds: Wait when nothing is due.
        channel_seconds: Wait after the channel was down.
        retry_seconds: Wait after the database failed.
    """

    window: int = 16
    claim: int = 500
    lease_seconds: float = 60.0
    watch_seconds: float = 1.0
    idle_seconds: float = 0.5
    channel_seconds: float = 5.0
    retry_seconds: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What became of the messages of one step, and when the next step makes sense.

    Attributes:
        states: Number of messages by the state word they ended in.
        wait_seconds: 0 when there is more to do at once.
        settled: Targets of dead workers that became unknown.
        finished: Names of campaigns that have nothing left to send.
        detail: Why nothing could be sent, where that is so.
    """

    states: Counter[str] = field(default_factory=Counter)
    wait_seconds: float = 0.0
    settled: int = 0
    finished: tuple[str, ...] = ()
    detail: str = ""

    @property
    def attempted(self) -> int:
        """How many messages were tried."""
        return self.states.total()
