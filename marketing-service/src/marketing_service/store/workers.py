"""Workers: who is alive, who may send, and which life a process is in.

A worker proves life by moving a counter. Observers measure with their own monotonic clock
how long it stood still, so no clock of any machine can declare another one dead.
"""

from typing import NamedTuple

from sqlalchemy import Connection, exists, func, insert, select, text, update

from marketing_service.store.tables import workers

_W = workers.c


class LiveWorker(NamedTuple):
    """A worker that nobody declared dead."""

    epoch: int
    name: str
    heartbeat: int
    is_leader: bool


def register_worker(conn: Connection, name: str, now: int) -> int:
    """Begin a life and return its epoch, higher than all before.

    Args:
        conn: The writing transaction.
        name: How logs and pages call the worker.
        now: Milliseconds UTC; only shown, never compared.
    """
    if conn.dialect.name == "postgresql":
        # Two workers that start together must not read the same highest epoch.
        conn.execute(text("LOCK TABLE workers IN SHARE ROW EXCLUSIVE MODE"))
    highest = conn.execute(select(func.coalesce(func.max(_W.epoch), 0))).scalar_one()
    epoch = int(highest) + 1
    conn.execute(insert(workers).values(name=name, epoch=epoch, heartbeat=0, started_at=now))
    return epoch


def beat(conn: Connection, epoch: int) -> bool:
    """Move the counter of a worker; False when it was declared dead meanwhile."""
    alive = update(workers).where(_W.epoch == epoch, _W.stopped_at.is_(None))
    return conn.execute(alive.values(heartbeat=_W.heartbeat + 1)).rowcount == 1


def live_workers(conn: Connection) -> list[LiveWorker]:
    """List the workers that nobody declared dead, oldest first."""
    query = select(_W.epoch, _W.name, _W.heartbeat, _W.is_leader)
    found = conn.execute(query.where(_W.stopped_at.is_(None)).order_by(_W.epoch))
    return [LiveWorker._make(row) for row in found]


def fence_worker(conn: Connection, epoch: int, heartbeat: int, now: int) -> bool:
    """Declare a worker dead unless its counter moved since `heartbeat` was read.

    Returns:
        True when this call ended the life; its leader lease ends with it.
    """
    still = update(workers).where(
        _W.epoch == epoch, _W.heartbeat == heartbeat, _W.stopped_at.is_(None)
    )
    return conn.execute(still.values(stopped_at=now, is_leader=False)).rowcount == 1


def stop_worker(conn: Connection, epoch: int, now: int) -> None:
    """End the own life in good order, so that others need not wait for silence."""
    own = update(workers).where(_W.epoch == epoch, _W.stopped_at.is_(None))
    conn.execute(own.values(stopped_at=now, is_leader=False))


def lead(conn: Connection, epoch: int) -> bool:
    """Take or keep the leader lease; False while another live worker holds it.

    Must run in the only writing transaction of the database, as SQLite's always is.
    """
    other = workers.alias()
    taken = exists().where(
        other.c.epoch != epoch, other.c.is_leader.is_(True), other.c.stopped_at.is_(None)
    )
    free = update(workers).where(_W.epoch == epoch, _W.stopped_at.is_(None), ~taken)
    return conn.execute(free.values(is_leader=True)).rowcount == 1
