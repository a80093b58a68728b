"""Membership: this process's life among the workers, and its view of the others'."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from marketing_service.outbox.silence import Silence
from marketing_service.store.claims import orphaned_epochs, release_epoch, settle_epoch
from marketing_service.store.dialect import is_sqlite
from marketing_service.store.engine import Database
from marketing_service.store.workers import (
    beat,
    fence_worker,
    lead,
    live_workers,
    register_worker,
    stop_worker,
)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to watch before judging; seconds of the observer's monotonic clock.

    Attributes:
        dead_seconds: A worker whose counter stood still that long is declared dead.
        settle_seconds: Marked targets of a dead worker become unknown that long after
            its life was seen to be over; longer than any attempt may take.
    """

    dead_seconds: float = 4.0
    settle_seconds: float = 600.0


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What one look at the other workers led to."""

    fenced: tuple[int, ...] = ()
    released: int = 0
    settled: int = 0


class Membership:
    """Join the workers, prove life, and take over from the dead.

    `beat` may run in a thread of its own; all else belongs to the sender's thread.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        clock: Callable[[], int],
        monotonic: Callable[[], float],
        patience: Patience,
    ) -> None:
        self.patience = patience
        self._database = database
        self._name = name
        self._clock = clock
        self._epoch: int | None = None
        self._resigned: list[int] = []
        self._silence = Silence(monotonic)
        self._peers = 1

    @property
    def epoch(self) -> int | None:
        """The number of this life; None before `join` and once declared dead."""
        return self._epoch

    @property
    def peers(self) -> int:
        """How many workers were alive at the last look, this one included."""
        return self._peers

    def join(self) -> int:
        """Begin a new life and return its epoch; ends the lives that were resigned."""
        with self._database.write() as conn:
            for old in self._resigned:
                self._end(conn, old)
            epoch = register_worker(conn, self._name, self._clock())
        self._resigned.clear()
        self._epoch = epoch
        return epoch

    def resign(self) -> None:
        """Give up this life after a commit that may or may not have happened.

        Targets it may have marked are settled like those of a dead worker.
        """
        if self._epoch is not None:
            self._resigned.append(self._epoch)
            self._epoch = None

    def beat(self) -> bool:
        """Prove life; False when there is none, because others declared it over."""
        epoch = self._epoch
        if epoch is None:
            return False
        with self._database.write() as conn:
            is_alive = beat(conn, epoch)
        if not is_alive and self._epoch == epoch:
            self._epoch = None
        return is_alive

    def leave(self) -> None:
        """End the life in good order and give back what it leased."""
        if self._epoch is None:
            return
        with self._database.write() as conn:
            self._end(conn, self._epoch)
        self._epoch = None

    def may_send(self, conn: Connection) -> bool:
        """Tell whether this worker may claim: on SQLite only the leader, else everyone."""
        if self._epoch is None:
            return False
        return lead(conn, self._epoch) if is_sqlite(conn) else True

    def watch(self) -> Findings:
        """Look at the others once: declare the silent dead, settle what they left."""
        with self._database.read() as conn:
            live = {worker.epoch: worker.heartbeat for worker in live_workers(conn)}
            orphans = orphaned_epochs(conn)
        self._peers = max(1, len(live))
        self._silence.notice(live, orphans)
        silent = self._silence.lasting(self.patience.dead_seconds) - {self._epoch}
        dead = {epoch: heartbeat for epoch, heartbeat in live.items() if epoch in silent}
        due = self._silence.lasting(self.patience.settle_seconds).intersection(orphans)
        return self._take_over(dead, sorted(due)) if dead or due else Findings()

    def _end(self, conn: Connection, epoch: int) -> None:
        release_epoch(conn, epoch)
        stop_worker(conn, epoch, self._clock())

    def _take_over(self, dead: dict[int, int], due: list[int]) -> Findings:
        with self._database.write() as conn:
            now = self._clock()
            fenced = [
                epoch
                for epoch, heartbeat in dead.items()
                if fence_worker(conn, epoch, heartbeat, now)
            ]
            released = sum(release_epoch(conn, epoch) for epoch in fenced)
            settled = sum(settle_epoch(conn, epoch) for epoch in due)
        return Findings(fenced=tuple(fenced), released=released, settled=settled)
