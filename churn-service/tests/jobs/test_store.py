"""Jobs on disk, with several processes at them at the same time."""

from pathlib import Path

import pytest

from churn_service.jobs.job import Order
from churn_service.jobs.store import JobStore


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(tmp_path)


def order_of(job_id: str) -> Order:
    return Order(
        id=job_id, created="2026-11-25", model_version="v", content_type="", answer_type=""
    )


def test_only_uploads_that_broke_off_are_removed(store: JobStore) -> None:
    broken, running, whole = (store.new_id("20261125") for _ in range(3))
    store.add(order_of(whole))

    with store.worked_on(running):
        store.remove_broken_off()  # as another replica does that starts now

    assert not store.place(broken).exists()
    assert store.place(running).exists()
    assert [job.order.id for job in store.all()] == [whole]


def test_a_job_that_was_removed_meanwhile_is_nobodys_work(store: JobStore) -> None:
    job_id = store.new_id("20261125")
    store.remove(job_id)

    store.cancel(job_id)
    with store.worked_on(job_id) as is_ours:
        assert not is_ours
    assert store.find(job_id) is None


def test_a_damaged_job_is_none(store: JobStore) -> None:
    job_id = store.new_id("20261125")
    store.add(order_of(job_id))
    (store.place(job_id) / "progress.json").write_bytes(b"{")

    assert store.find(job_id) is None
    assert store.all() == []
    assert store.find("../../etc") is None


def test_a_lock_is_held_once(store: JobStore) -> None:
    job_id = store.new_id("20261125")

    with store.worked_on(job_id) as first, store.worked_on(job_id) as second:
        assert (first, second) == (True, False)
    with store.worked_on(job_id) as again:
        assert again
