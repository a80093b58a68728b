"""One thread for linear algebra, since sums of several end in other bits."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types


@contextmanager
def one_thread() -> Iterator[None]:
    """Pin BLAS and OpenMP to one thread while the block runs."""
    with threadpool_limits(limits=1):
        yield
