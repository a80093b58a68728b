"""Deferred work: in order, bounded, and none of it lost when the process ends."""

import multiprocessing
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from service_kit.deferred import Deferred

PROCESS = """
import sys, threading
from service_kit.deferred import Deferred

def write(items):
    sys.stdout.write("".join(f"{item}\\n" for item in items))
    sys.stdout.flush()

deferred = Deferred(write)
deferred.start(seconds=60)
for number in range(1000):
    deferred.put(number)
"""


def test_items_are_worked_off_in_their_order() -> None:
    done: list[list[int]] = []
    deferred: Deferred[int] = Deferred(done.append)
    deferred.work_off()
    for number in range(3):
        deferred.put(number)
    assert done == []
    deferred.work_off()
    assert done == [[0, 1, 2]]


def test_a_full_queue_is_worked_off_by_whoever_fills_it() -> None:
    done: list[list[int]] = []
    deferred: Deferred[int] = Deferred(done.append, most=2)
    for number in range(5):
        deferred.put(number)
    assert done == [[0, 1], [2, 3]]


def test_no_item_of_many_threads_is_lost_or_doubled() -> None:
    done: list[int] = []
    deferred: Deferred[int] = Deferred(done.extend, most=7)

    def put(start: int) -> None:
        for number in range(start, start + 500):
            deferred.put(number)

    threads = [threading.Thread(target=put, args=(start,)) for start in range(0, 2000, 500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deferred.work_off()
    assert sorted(done) == list(range(2000))


def test_what_waits_is_done_before_the_process_ends() -> None:
    command = [sys.executable, "-c", PROCESS]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
    assert text.split() == [str(number) for number in range(1000)]


def _put_and_end(path: str) -> None:
    def write(items: list[str]) -> None:
        Path(path).write_text("".join(items))

    deferred = Deferred(write)
    deferred.start(seconds=60)
    deferred.put("kept")


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_worker_process_does_it_too(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    process = multiprocessing.get_context("fork").Process(target=_put_and_end, args=(str(kept),))
    process.start()
    process.join(timeout=30)
    assert kept.read_text() == "kept"
