"""One thread for linear algebra, since sums of several end in other bits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from churn_service.training.cores import THREAD_VARIABLES


@contextmanager
def one_thread() -> Iterator[None]:
    """Pin BLAS and OpenMP to one thread while the block runs."""
    with threadpool_limits(limits=1):
        yield


@contextmanager
def one_thread_for_children() -> Iterator[None]:
    """Let processes that start inside the block load their libraries with one thread.

    A library reads these variables once, when it is loaded. Pinned later, its
    threads are there already, and those of several processes wait for each
    other on every core: what takes seconds then seems to stand still.
    """
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
