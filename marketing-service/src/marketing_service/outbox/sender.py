"""The sender: at most one message per target, in small steps between durable points.

A step commits the outcomes of the window before together with the marks of the next
targets, then sends exactly those. A process that dies leaves at most one window in doubt.
"""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from marketing_service.errors import StoreBusyError
from marketing_service.message.errors import MessageError
from marketing_service.messengers.protocol import Messenger
from marketing_service.outbox.batch import Batch
from marketing_service.outbox.ending import Ending
from marketing_service.outbox.lease import LeaseDesk
from marketing_service.outbox.membership import Membership
from marketing_service.outbox.progress import Progress, SenderLimits
from marketing_service.outbox.throttle import TokenBucket
from marketing_service.outbox.window import MessageSource, WindowSender
from marketing_service.store.claims import Outcome, SendableCampaign, sendable_campaigns
from marketing_service.store.engine import Database
from service_kit.logs import EventLog


class Composer(Protocol):
    """Makes the message of a campaign."""

    def compile(self, campaign: SendableCampaign) -> MessageSource:
        """Compile a campaign's templates; raises MessageError."""


class Sender:
    """Sends what running campaigns have queued; `step` never sleeps.

    Args:
        database: Where targets live.
        membership: This worker's life; another thread may make it beat.
        messenger: The channel.
        composer: Makes messages.
        clock: Milliseconds UTC.
        monotonic: Seconds that never step back.
        limits: Sizes and times.
        log: Where events go; no address is ever written.
    """

    def __init__(
        self,
        database: Database,
        membership: Membership,
        messenger: Messenger,
        composer: Composer,
        *,
        clock: Callable[[], int],
        monotonic: Callable[[], float],
        limits: SenderLimits,
        log: EventLog,
    ) -> None:
        self._database = database
        self._membership = membership
        self._messenger = messenger
        self._composer = composer
        self._monotonic = monotonic
        self._limits = limits
        self._log = log
        self._desk = LeaseDesk(database, membership, clock=clock, limits=limits)
        self._window = WindowSender(messenger, clock=clock)
        self._ending = Ending(database, clock=clock)
        self._batch: Batch | None = None
        self._sources: dict[int, MessageSource] = {}
        self._buckets: dict[int, TokenBucket] = {}
        self._watched_at = float("-inf")
        self._turn = 0
        self._down_until = float("-inf")
        self._down_detail = ""

    def step(self) -> Progress:
        """Do one window of work, or find out that there is none.

        A database that fails is no reason to end: what is known stays in memory, the
        life is resigned, and a later step goes on with a new one.
        """
        try:
            return self._step()
        except (SQLAlchemyError, StoreBusyError) as error:
            self._log.failure("sender.database_failed", error)
            self._membership.resign()
            return Progress(wait_seconds=self._limits.retry_seconds, detail="The database failed.")

    def close(self) -> None:
        """Write what is known, give leases back and leave the workers."""
        if self._batch is not None:
            self._desk.give_back(self._batch)
            self._batch = None
        self._membership.leave()
        self._messenger.close()

    def _step(self) -> Progress:
        self._stay_alive()
        settled = self._look_around()
        pause = self._down_until - self._monotonic()
        if pause > 0:
            return Progress(settled=settled, wait_seconds=pause, detail=self._down_detail)
        finished: list[str] = []
        self._batch = self._batch or self._claim(finished)
        if self._batch is None:
            idle = 0.0 if finished else self._limits.idle_seconds
            return Progress(settled=settled, finished=tuple(finished), wait_seconds=idle)
        states, wait_seconds = self._send_window(self._batch)
        if self._batch.is_done:
            self._batch = None
        return Progress(states=states, settled=settled, wait_seconds=wait_seconds)

    def _stay_alive(self) -> None:
        if self._membership.epoch is not None:
            return
        if self._batch is not None:
            # The life is over, but what it sent must still be written.
            self._desk.give_back(self._batch)
            self._batch = None
        epoch = self._membership.join()
        self._log.event("worker.joined", epoch=epoch)

    def _look_around(self) -> int:
        now = self._monotonic()
        if now - self._watched_at < self._limits.watch_seconds:
            return 0
        self._watched_at = now
        findings = self._membership.watch()
        self._desk.free_expired()
        for epoch in findings.fenced:
            self._log.event("worker.declared_dead", level="warning", epoch=epoch)
        if findings.settled:
            self._log.event("message.unknown", level="warning", targets=findings.settled)
        return findings.settled

    def _claim(self, finished: list[str]) -> Batch | None:
        """Claim from the next campaign in turn that has something due."""
        with self._database.read() as conn:
            campaigns = sendable_campaigns(conn)
        self._forget(campaigns)
        first = self._turn % len(campaigns) if campaigns else 0
        for campaign in campaigns[first:] + campaigns[:first]:
            self._turn += 1
            if not self._desk.has_due(campaign):
                finished.extend(self._ending.finish(campaign))
            elif self._can_compile(campaign):
                batch = self._desk.claim(campaign, self._claim_size(campaign))
                if batch:
                    return batch
        return None

    def _send_window(self, batch: Batch) -> tuple[Counter[str], float]:
        count, wait_seconds = self._next_window(batch)
        if wait_seconds and not batch.outcomes:
            return Counter(), wait_seconds
        marked_at = self._monotonic()
        targets = self._desk.turn(batch, count)
        if not targets:
            return Counter(), 0.0
        self._bucket(batch.campaign).take(len(targets))
        outcomes = self._window.send(
            self._sources[batch.campaign.plan_id],
            targets,
            # Half the settling time, so that a late answer can still be written.
            not_after=marked_at + self._membership.patience.settle_seconds / 2,
        )
        batch.outcomes.extend(outcomes)
        self._notice_fault(batch, outcomes)
        states = Counter(outcome.state for outcome in outcomes)
        if states["unknown"]:
            self._log.event("message.unknown", level="warning", targets=states["unknown"])
        return states, 0.0

    def _next_window(self, batch: Batch) -> tuple[int, float]:
        """Tell how many targets may be marked now, and else how long to wait for them."""
        bucket = self._bucket(batch.campaign)
        wanted = bucket.sensible_window(min(self._limits.window, len(batch.waiting)))
        wait_seconds = bucket.wait_seconds(wanted) if wanted else 0.0
        return (0, wait_seconds) if wait_seconds else (wanted, 0.0)

    def _notice_fault(self, batch: Batch, outcomes: list[Outcome]) -> None:
        """Stop claiming for a while when the channel, not the customers, is at fault."""
        faults = [outcome for outcome in outcomes if not outcome.charged]
        if not faults:
            return
        self._down_detail = faults[0].detail or ""
        self._down_until = self._monotonic() + self._limits.channel_seconds
        self._desk.give_back(batch)
        self._log.event("channel.down", level="warning", detail=self._down_detail)

    def _can_compile(self, campaign: SendableCampaign) -> bool:
        if campaign.plan_id in self._sources:
            return True
        try:
            self._sources[campaign.plan_id] = self._composer.compile(campaign)
        except MessageError as error:
            self._ending.stop(campaign, f"The message cannot be made: {error}")
            self._log.event("campaign.stopped", level="error", campaign=campaign.slug)
            return False
        return True

    def _claim_size(self, campaign: SendableCampaign) -> int:
        rate = self._rate(campaign)
        one_second = self._limits.claim if rate is None else max(1, int(rate))
        return min(self._limits.claim, one_second)

    def _bucket(self, campaign: SendableCampaign) -> TokenBucket:
        rate = self._rate(campaign)
        if campaign.plan_id not in self._buckets:
            self._buckets[campaign.plan_id] = TokenBucket(rate, self._monotonic)
        bucket = self._buckets[campaign.plan_id]
        bucket.set_rate(rate)
        return bucket

    def _rate(self, campaign: SendableCampaign) -> float | None:
        """Tell this worker's share of the campaign's rate."""
        rate = campaign.spec.get("send", {}).get("max_per_second")
        return None if rate is None else float(rate) / self._membership.peers

    def _forget(self, campaigns: list[SendableCampaign]) -> None:
        running = {campaign.plan_id for campaign in campaigns}
        for cache in (self._sources, self._buckets):
            for plan_id in cache.keys() - running:
                del cache[plan_id]
