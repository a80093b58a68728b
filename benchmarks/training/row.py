"""The row of a bench; see `benchmarks.row`."""

from benchmarks.row import Row, skipped

__all__ = ["Row", "skipped"]
