"""Swap under load: a hundred changes of the champion, and what callers notice.

The replicas are real server processes that follow one registry folder; the callers use
HTTP connections that stay open, as a gateway does.
"""

import http.client
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.row import Row
from benchmarks.training.two_versions import write_two_versions
from churn_contract.samples import sample_customers
from churn_contract.schema import demo_schema
from churn_service.artefact.promotion_log import Note
from churn_service.artefact.promotions import Wish, promote, roll_back

CHANGES, QUICK_CHANGES = 100, 10
REPLICAS = 2
LONGEST_SECONDS = 2.0
GIVE_UP_SECONDS = 60.0
_SERVE = "import os; from churn_service.app import run; run(os.environ)"


class Caller(threading.Thread):
    """Asks one replica without a pause; counts failures and answers of two versions."""

    def __init__(self, port: int, customers: list[dict[str, object]]) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._body = json.dumps(customers)
        self._ended = threading.Event()
        self.version = ""
        self.answers = self.failed = self.mixed = 0

    def run(self) -> None:
        """Ask until `end`."""
        while not self._ended.is_set():
            self.answers += 1
            try:
                self._ask()
            except (OSError, http.client.HTTPException):
                self.failed += 1
                self._connection.close()
        self._connection.close()

    def end(self) -> None:
        """Stop asking; returns when the last answer is there."""
        self._ended.set()
        self.join()

    def _ask(self) -> None:
        header = {"Content-Type": "application/json"}
        self._connection.request("POST", "/predict", self._body, header)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            self.failed += 1
            return
        version = answer.headers["X-Model-Version"]
        self.mixed += {row["model_version"] for row in json.loads(content)} != {version}
        self.version = version


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the figures of promotions and rollbacks under load."""
    changes = CHANGES if full else QUICK_CHANGES
    with tempfile.TemporaryDirectory() as folder:
        seconds, callers = _swap_under_load(Path(folder), changes)
    answers = sum(caller.answers for caller in callers)
    failed = sum(caller.failed for caller in callers)
    mixed = sum(caller.mixed for caller in callers)
    what = f"{changes} promotions and rollbacks, {REPLICAS} replicas"
    yield Row(f"{what}: answers given meanwhile", answers, "answers", "", None)
    yield Row(f"{what}: failed requests", failed, "requests", "= 0", failed == 0)
    yield Row(f"{what}: answers of two versions", mixed, "answers", "= 0", mixed == 0)
    yield Row("swap under load in every replica, median", statistics.median(seconds), "s", "", None)
    slowest = max(seconds)
    limit = f"<= {LONGEST_SECONDS:g}"
    met = slowest <= LONGEST_SECONDS
    yield Row("swap under load in every replica, slowest", slowest, "s", limit, met)


def _swap_under_load(root: Path, changes: int) -> tuple[list[float], list[Caller]]:
    new = write_two_versions(root)
    customers = list(itertools.islice(sample_customers(demo_schema(), 3), 5))
    with _replicas(root) as ports:
        callers = [Caller(port, customers[: 1 + 4 * n]) for n, port in enumerate(ports)]
        for caller in callers:
            caller.start()
        seconds = [
            _change(root, callers, new, is_rollback=turn % 2 == 1) for turn in range(changes)
        ]
        for caller in callers:
            caller.end()
    return seconds, callers


def _change(root: Path, callers: list[Caller], new: str, *, is_rollback: bool) -> float:
    """Change the champion; return the seconds until every replica answers with it."""
    if is_rollback:
        wanted = roll_back(root, "churn", Note("bench", "bench")).version
    else:
        wish = Wish(version=new, actor="bench", reason="bench", force=True)
        wanted = promote(root, "churn", wish).version
    started = time.monotonic()
    while any(caller.version != wanted for caller in callers):
        if time.monotonic() - started > GIVE_UP_SECONDS:
            break
        time.sleep(0.001)
    return time.monotonic() - started


@contextmanager
def _replicas(root: Path) -> Iterator[list[int]]:
    """Run the replicas on free ports of this machine until the block ends."""
    ports = [_free_port() for _ in range(REPLICAS)]
    running = [_serve(root, port) for port in ports]
    try:
        for port in ports:
            _wait_until_ready(port)
        yield ports
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=GIVE_UP_SECONDS)


def _serve(root: Path, port: int) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "CHURN_MODEL_ROOT": str(root), "PORT": str(port)}
    return subprocess.Popen([sys.executable, "-c", _SERVE], env=environ, stdout=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not _is_ready(port):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the replica on port {port} is not ready")
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
