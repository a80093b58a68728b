"""The batch: what the sender holds in memory between two commits."""

from collections import deque
from dataclasses import dataclass, field

from marketing_service.store.claims import Lease, Outcome, SendableCampaign


@dataclass
class Batch:
    """Leased targets of one campaign and the outcomes that are not written yet.

    Losing it loses nothing: leases end with the worker, and marked targets without an
    outcome become unknown.
    """

    campaign: SendableCampaign
    lease: Lease
    waiting: deque[int]
    outcomes: list[Outcome] = field(default_factory=list)

    def next_ids(self, count: int) -> list[int]:
        """Take the next targets to be marked, at most `count`."""
        return [self.waiting.popleft() for _ in range(min(count, len(self.waiting)))]

    @property
    def is_done(self) -> bool:
        """Whether everything leased was tried and written."""
        return not self.waiting and not self.outcomes
