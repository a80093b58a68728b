from concurrent.futures import ThreadPoolExecutor

from marketing_service.store.engine import Database
from marketing_service.store.workers import (
    beat,
    fence_worker,
    lead,
    live_workers,
    register_worker,
    stop_worker,
)


def test_each_life_gets_a_higher_epoch_than_all_before(database: Database) -> None:
    with database.write() as conn:
        first = register_worker(conn, "a", 0)
        stop_worker(conn, first, 1)
        second = register_worker(conn, "a", 2)
        assert second > first


def test_workers_that_register_at_once_get_different_epochs(database: Database) -> None:
    def register(_: int) -> int:
        with database.write() as conn:
            return register_worker(conn, "w", 0)

    with ThreadPoolExecutor(4) as pool:
        epochs = list(pool.map(register, range(12)))
    assert len(set(epochs)) == 12


def test_a_beat_moves_the_counter(database: Database) -> None:
    with database.write() as conn:
        epoch = register_worker(conn, "a", 0)
        assert beat(conn, epoch)
        assert [worker.heartbeat for worker in live_workers(conn)] == [1]


def test_a_silent_worker_is_declared_dead_and_cannot_beat_again(database: Database) -> None:
    with database.write() as conn:
        epoch = register_worker(conn, "a", 0)
        assert fence_worker(conn, epoch, heartbeat=0, now=5)
        assert not fence_worker(conn, epoch, heartbeat=0, now=6)
        assert not beat(conn, epoch)
        assert live_workers(conn) == []


def test_a_worker_that_beat_meanwhile_is_not_declared_dead(database: Database) -> None:
    with database.write() as conn:
        epoch = register_worker(conn, "a", 0)
        beat(conn, epoch)
        assert not fence_worker(conn, epoch, heartbeat=0, now=5)
        assert len(live_workers(conn)) == 1


def test_only_one_worker_leads_until_it_ends(database: Database) -> None:
    with database.write() as conn:
        first, second = register_worker(conn, "a", 0), register_worker(conn, "b", 0)
        assert lead(conn, first)
        assert lead(conn, first)
        assert not lead(conn, second)
        assert [worker.is_leader for worker in live_workers(conn)] == [True, False]
        stop_worker(conn, first, 1)
        assert lead(conn, second)


def test_a_dead_worker_cannot_lead(database: Database) -> None:
    with database.write() as conn:
        epoch = register_worker(conn, "a", 0)
        stop_worker(conn, epoch, 1)
        assert not lead(conn, epoch)
