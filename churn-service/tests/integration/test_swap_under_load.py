"""A hundred promotions and rollbacks under load: nobody notices."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from churn_service.artefact.document import ModelDocument
from churn_service.artefact.promotion_log import Note
from churn_service.artefact.promotions import Wish, promote, roll_back
from churn_service.registry import AliasWatcher

CLIENTS = 2
CHANGES = 100
PAUSE_SECONDS = 0.002
LIMIT_SECONDS = 2.0


class Client(threading.Thread):
    """Asks some hundred times a second and keeps what is wrong with the answers.

    A client that never rests would keep the interpreter from the watcher it is to meet.
    """

    def __init__(self, app: Any, customer: dict[str, object], size: int) -> None:
        super().__init__(daemon=True)
        self._client = app.test_client()
        self._body = [customer] * size
        self._ended = threading.Event()
        self.answers = 0
        self.wrong: list[object] = []
        self.versions: set[str] = set()

    def run(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            answer = self._client.post("/predict", json=self._body)
            self.answers += 1
            rows = answer.get_json()
            found = {row["model_version"] for row in rows} if answer.status_code == 200 else set()
            if found != {answer.headers.get("X-Model-Version")} or len(rows) != len(self._body):
                self.wrong.append((answer.status_code, found))
            self.versions |= found

    def end(self) -> None:
        self._ended.set()
        self.join()


@pytest.fixture
def served(publisher: Any, make_service: Callable[..., Any], document: ModelDocument) -> Any:
    publisher.publish(document)
    service = make_service(publisher.root)
    service.registry.refresh()
    return service


@pytest.fixture
def watched(served: Any) -> Iterator[Any]:
    watcher = AliasWatcher(served.registry.refresh, 0.01)
    watcher.start()
    yield served
    watcher.stop()


@pytest.fixture
def clients(watched: Any, customer: dict[str, object]) -> Iterator[list[Client]]:
    running = [Client(watched.app, customer, size) for size in range(1, CLIENTS + 1)]
    for client in running:
        client.start()
    yield running
    for client in running:
        client.end()


def seconds_until(done: Callable[[], bool]) -> float:
    started = time.monotonic()
    while not done():
        assert time.monotonic() - started < 20
        time.sleep(0.001)
    return time.monotonic() - started


@pytest.mark.slow
def test_a_hundred_changes_of_the_champion_fail_no_request_and_mix_no_answer(
    watched: Any, publisher: Any, document: ModelDocument, clients: list[Client]
) -> None:
    old = watched.registry.champion().version
    scorer = msgspec.structs.replace(document.scorer, intercept=0.3)
    new = publisher.publish(msgspec.structs.replace(document, scorer=scorer), promote=False)
    slowest = 0.0

    for turn in range(CHANGES):
        wanted = old if turn % 2 else new
        if turn % 2:
            roll_back(publisher.root, "churn", Note("t", "test"))
        else:
            wish = Wish(version=new, actor="t", reason="test", force=True)
            promote(publisher.root, "churn", wish)
        swapped = seconds_until(lambda w=wanted: watched.registry.champion().version == w)
        slowest = max(slowest, swapped)
    for client in clients:
        client.end()

    assert [client.wrong for client in clients] == [[]] * CLIENTS
    assert set.union(*(client.versions for client in clients)) == {old, new}
    assert sum(client.answers for client in clients) > CHANGES
    assert slowest < LIMIT_SECONDS
