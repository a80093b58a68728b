"""The lease: take due targets, and turn from one window of messages to the next."""

from collections import deque
from collections.abc import Callable

from marketing_service.outbox.batch import Batch
from marketing_service.outbox.membership import Membership
from marketing_service.outbox.progress import SenderLimits
from marketing_service.store.claims import (
    Lease,
    MarkedTarget,
    SendableCampaign,
    claim,
    has_due,
    has_expired,
    mark_sending,
    record_outcomes,
    release_expired,
    release_targets,
)
from marketing_service.store.engine import Database


class LeaseDesk:
    """Does the sender's transactions; each method writes in exactly one.

    Args:
        database: Where targets live.
        membership: In whose name they are leased.
        clock: Milliseconds UTC.
        limits: Sizes of claims and times of leases.
    """

    def __init__(
        self,
        database: Database,
        membership: Membership,
        *,
        clock: Callable[[], int],
        limits: SenderLimits,
    ) -> None:
        self._database = database
        self._membership = membership
        self._clock = clock
        self._limits = limits

    def free_expired(self) -> int:
        """Queue leased targets again whose lease ended; tell how many."""
        now = self._clock()
        with self._database.read() as conn:
            if not has_expired(conn, now):
                return 0
        with self._database.write() as conn:
            return release_expired(conn, now)

    def has_due(self, campaign: SendableCampaign) -> bool:
        """Tell, without waiting for the write lock, whether a claim would find targets."""
        with self._database.read() as conn:
            return has_due(conn, campaign.plan_id, self._clock())

    def claim(self, campaign: SendableCampaign, limit: int) -> Batch | None:
        """Lease due targets of a campaign; None when there are none or none may be."""
        epoch = self._membership.epoch
        if epoch is None:
            return None
        lease, now = Lease(campaign.plan_id, epoch), self._clock()
        until = now + int(self._limits.lease_seconds * 1_000)
        with self._database.write() as conn:
            if not self._membership.may_send(conn):
                return None
            ids = claim(conn, lease, limit=limit, now=now, lease_until=until)
        return Batch(campaign, lease, deque(ids)) if ids else None

    def turn(self, batch: Batch, count: int) -> list[MarkedTarget]:
        """Write the last window's outcomes and mark the next targets, in one commit.

        Returns:
            The targets that may be sent now; fewer than asked when some were taken over
            or the campaign stopped.
        """
        ids = batch.next_ids(count)
        with self._database.write() as conn:
            record_outcomes(conn, batch.lease, batch.outcomes)
            marked = mark_sending(conn, batch.lease, ids)
            if ids and not marked:
                # The campaign stopped or this life is over: others may have the rest.
                release_targets(conn, batch.lease, [*ids, *batch.waiting])
                batch.waiting.clear()
        batch.outcomes.clear()
        return marked

    def give_back(self, batch: Batch) -> None:
        """Write what is known and queue again what was leased but never marked."""
        with self._database.write() as conn:
            record_outcomes(conn, batch.lease, batch.outcomes)
            release_targets(conn, batch.lease, batch.waiting)
        batch.outcomes.clear()
        batch.waiting.clear()
