"""Print every figure of training as a table, and write it to build/bench/training.json."""

import sys
from pathlib import Path

from benchmarks.parts import Bench

BENCH = Bench("benchmarks.training", Path("build/bench/training.json"), __doc__ or "")

if __name__ == "__main__":
    sys.exit(BENCH.main())
