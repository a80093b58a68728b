import operator
import os
import signal

import pytest

from churn_service.training import processes
from churn_service.training.cores import THREAD_VARIABLES, usable_cores
from churn_service.training.errors import ProcessError
from churn_service.training.processes import map_tasks
from churn_service.training.threads import one_thread_for_children


def test_results_come_in_the_order_of_the_tasks_from_one_process_or_several() -> None:
    alone = list(map_tasks(operator.add, 10, [3, 1, 2], jobs=1))

    assert alone == [13, 11, 12]
    assert list(map_tasks(operator.add, 10, [3, 1, 2], jobs=2)) == alone


def test_processes_start_with_one_thread_per_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)

    found = list(map_tasks(operator.call, os.getenv, THREAD_VARIABLES[:2], jobs=2))

    assert found == ["1", "1"]
    assert os.environ["OMP_NUM_THREADS"] == "4"
    assert "MKL_NUM_THREADS" not in os.environ


def test_the_environment_comes_back_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")

    with pytest.raises(ValueError, match="x"), one_thread_for_children():
        raise ValueError("x")

    assert os.environ["OPENBLAS_NUM_THREADS"] == "3"


def test_a_process_that_is_ended_from_outside_is_an_error_with_a_cure() -> None:
    with pytest.raises(ProcessError, match="try --jobs 1"):
        list(map_tasks(operator.call, signal.raise_signal, [signal.SIGKILL] * 2, jobs=2))


def test_an_error_of_a_task_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_tasks(operator.truediv, 1, [1, 0], jobs=2))


def test_a_process_keeps_what_all_tasks_share() -> None:
    processes._prepare(operator.add, 10)  # what every process runs first, here where it is seen

    assert [processes._work(task) for task in (1, 2)] == [11, 12]


def test_there_is_at_least_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert usable_cores() == (os.cpu_count() or 1)
