"""Work of several processes: the same results as of one, and nothing to wait for."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from churn_service.training.errors import ProcessError
from churn_service.training.threads import one_thread, one_thread_for_children

Material = TypeVar("Material")
Task = TypeVar("Task")
Result = TypeVar("Result")

_material: list[Any] = []


def map_tasks(
    work: Callable[[Material, Task], Result], material: Material, tasks: Sequence[Task], jobs: int
) -> Iterator[Result]:
    """Yield the result of every task, in the order of the tasks.

    With one job all is done here. Else each process starts empty (nothing is
    forked, so no lock or thread of this process is inherited), with one thread
    per library, gets the material once, and then only small tasks.

    Args:
        work: A function of a module, called with the material and a task.
        material: What all tasks share; sent to every process once.
        tasks: What to do, one by one.
        jobs: Number of processes; no result depends on it.

    Raises:
        ProcessError: When a process ends before its task does.
    """
    if jobs == 1 or len(tasks) == 1:
        with one_thread():
            yield from (work(material, task) for task in tasks)
        return
    try:
        yield from _in_processes(work, material, tasks, min(jobs, len(tasks)))
    except BrokenProcessPool as error:
        raise ProcessError(
            "a process of the training was ended from outside, perhaps because memory ran out; "
            "nothing was written; try --jobs 1"
        ) from error


def _in_processes(
    work: Callable[[Material, Task], Result], material: Material, tasks: Sequence[Task], jobs: int
) -> Iterator[Result]:
    spawn = multiprocessing.get_context("spawn")
    given = (work, material)
    with ProcessPoolExecutor(jobs, spawn, initializer=_prepare, initargs=given) as pool:
        with one_thread_for_children():
            results = pool.map(_work, tasks)  # starts the processes, too
        yield from results


def _prepare(work: Callable[[Any, Any], Any], material: object) -> None:
    _material[:] = [work, material]


def _work(task: object) -> Any:
    work, material = _material
    with one_thread():
        return work(material, task)
