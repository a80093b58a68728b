"""Our server under measurement, and the same server with an application that does nothing."""

import sys
from pathlib import Path

from benchmarks.serving.model import World, tool
from benchmarks.serving.process import Server, free_port

THREADS = "4"
_ROOT = Path(__file__).parents[2]
_NOOP = "from benchmarks.serving.noop import run; run()"


def start_ours(world: World, folder: Path, **settings: str) -> Server:
    """Start `churn serve` for a model, with metrics, request ids and log lines on."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    environ = {
        "CHURN_MODEL_ROOT": str(world.root),
        "CHURN_THREADS": THREADS,
        "PORT": str(port),
        **settings,
    }
    server = Server([tool("churn"), "serve"], port, folder / "ours.log", environ)
    server.wait()
    return server


def start_noop(folder: Path) -> Server:
    """Start the same server around an application that reads the body and answers."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    environ = {"PORT": str(port), "BENCH_THREADS": THREADS, "PYTHONPATH": str(_ROOT)}
    server = Server([sys.executable, "-c", _NOOP], port, folder / "noop.log", environ)
    server.wait()
    return server
