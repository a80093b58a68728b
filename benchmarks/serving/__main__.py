"""Print every figure of serving as a table, and write it to build/bench/serving.json."""

import sys
from pathlib import Path

from benchmarks.parts import Bench

BENCH = Bench("benchmarks.serving", Path("build/bench/serving.json"), __doc__ or "")

if __name__ == "__main__":
    sys.exit(BENCH.main())
